import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import * as nodeFiles from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorCode } from '../../../src/core/errors.ts'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import type { Files } from '../../../src/sinks/spooling/files.ts'
import { Spool } from '../../../src/sinks/spooling/spool.ts'
import { hasSettled } from '../../contracts/sink.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { sentMessages, sentRecords, SenderRun, type SenderRunOptions, storing } from '../../support/sender-run.ts'

const live = new AbortController().signal

describe('a sender with a spool', () => {
  let folder: string
  let engine: KinesisEngine

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'spooled-sender-'))
    engine = new KinesisEngine({
      clock: systemClock,
      limits: { writeBytesPerSecond: Infinity, writeRecordsPerSecond: Infinity },
    })
    engine.createStream('logs', { shards: 2 })
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  async function run(
    options: Partial<SenderRunOptions> = {},
    maxBytes = 1e9,
    files: Files = nodeFiles,
  ): Promise<SenderRun> {
    const logger = new RecordingLogger()
    const spool = await Spool.open({ folder, logger, processes: systemProcesses(), maxBytes, files })
    return new SenderRun({
      clock: systemClock,
      engine,
      latencyMs: 1,
      flushIntervalMs: 20,
      spool,
      random: () => 0,
      ...options,
    })
  }

  const files = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.spool'))
  const blocked = { operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } } as const
  const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `event ${i}`)

  it('leaves nothing behind of what was delivered', async () => {
    const { sender } = await run()
    await Promise.all(numbers(500).map((message) => sender.send({ message, source: 's' })))
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.deepEqual([...sentMessages(engine)].sort(), numbers(500).sort())
    assert.deepEqual(files(), [])
  })

  it('sends after a restart what was not delivered, with its time and metadata', async () => {
    engine.faults.inject(blocked)
    const first = await run()
    const time = { seconds: 5, nanos: 7 }
    for (const message of numbers(300)) await first.sender.send({ message, source: 's', host: 'h', time })
    assert.equal((await first.sender.end(AbortSignal.abort())).events, 300)
    engine.faults.clear()
    const second = await run()
    await second.sender.flush(live)
    assert.deepEqual(await second.sender.end(live), { events: 0, bytes: 0 })
    assert.deepEqual([...sentMessages(engine)].sort(), numbers(300).sort())
    const [some] = sentRecords(engine)[0]?.items ?? []
    assert.deepEqual({ ...some, message: '' }, { message: '', source: 's', host: 'h', time })
    assert.deepEqual(files(), [])
  })

  it('sends under the same batch ids what may have arrived before the restart', async () => {
    engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'lost-answer' } })
    // All of them in one batch, however slow the machine is.
    const first = await run({ flushIntervalMs: 500 })
    await Promise.all(numbers(50).map((message) => first.sender.send({ message, source: message.slice(-1) })))
    while (engine.faults.used() === 0) await systemClock.sleep(5)
    await first.sender.end(AbortSignal.abort())
    const before = sentRecords(engine).map(({ metadata }) => metadata?.batchId)
    assert.ok(before.length >= 10)
    engine.faults.clear()
    await (await run()).sender.end(live)
    const copies = new Map<string, string[]>()
    for (const { metadata, items } of sentRecords(engine)) {
      const texts = JSON.stringify(items)
      const known = copies.get(metadata?.batchId ?? '')
      if (known === undefined) copies.set(metadata?.batchId ?? '', [texts])
      else known.push(texts)
    }
    for (const [id, texts] of copies) assert.equal(new Set(texts).size, 1, `batch ${id} has always the same events`)
    assert.equal(copies.size, 10)
    assert.ok([...copies.values()].every((texts) => texts.length >= 2))
  })

  it('takes far more than fits into memory while Kinesis is away', async () => {
    engine.faults.inject(blocked)
    const { sender } = await run({ maxPendingBytes: 200_000 })
    const messages = numbers(20_000)
    for (let i = 0; i < messages.length; i += 100) {
      await Promise.all(messages.slice(i, i + 100).map((message) => sender.send({ message })))
    }
    assert.ok(sender.pending.bytes <= 200_000, `${sender.pending.bytes} bytes in memory`)
    assert.equal(sender.pending.events, 20_000)
    engine.faults.clear()
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.deepEqual([...sentMessages(engine)].sort(), messages.sort())
    assert.deepEqual(files(), [])
  })

  it('goes on when memory is full of what is packed and of what is not complete', async () => {
    engine.faults.inject(blocked)
    const { sender } = await run({ maxPendingBytes: 20_000, compress: storing })
    // One batch is packed before it is full, and two full ones after it: 14,400 bytes which cannot leave the memory.
    const small = numbers(370)
    for (const message of small.slice(0, 110)) await sender.send({ message })
    while (engine.faults.used() === 0) await systemClock.sleep(5)
    for (const message of small.slice(110)) await sender.send({ message })
    while (sender.statistics().flushFull === 0) await systemClock.sleep(5)
    const large = Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(1900)}`)
    for (const message of large) await sender.send({ message })
    assert.equal(sender.pending.events, 410)
    engine.faults.clear()
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.deepEqual([...sentMessages(engine)].sort(), [...small, ...large].sort())
  })

  it('holds writers back when the spool is full, and goes on when there is room', async () => {
    engine.faults.inject(blocked)
    const { sender } = await run({}, 20_000)
    const writes = numbers(1000).map((message) => sender.send({ message }))
    const last = writes.at(-1) ?? Promise.reject(new Error('no write'))
    await systemClock.sleep(50)
    assert.equal(await hasSettled(last), false)
    engine.faults.clear()
    await Promise.all(writes)
    await sender.end(live)
    assert.deepEqual([...sentMessages(engine)].sort(), numbers(1000).sort())
  })

  it('keeps the order when the spool is full, and tells it once', async () => {
    engine = new KinesisEngine({ clock: systemClock, limits: { writeBytesPerSecond: Infinity } })
    engine.createStream('logs')
    engine.faults.inject(blocked)
    const { sender, logger } = await run({ maxParallelFlushes: 1 }, 20_000)
    const writes = numbers(1000).map((message) => sender.send({ message }))
    while (logger.find('spool').length === 0) await systemClock.sleep(5)
    engine.faults.clear()
    await Promise.race(writes.slice(400))
    const late = sender.send({ message: 'late' })
    await Promise.all([...writes, late])
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.deepEqual(sentMessages(engine), [...numbers(1000), 'late'])
    // Not that a batch could not be sealed: then a crash would let it be sent under other ids.
    assert.deepEqual(
      logger.find('spool').map(({ fields }) => fields['effect']),
      ['no event is taken until there is room'],
    )
  })

  it('refuses an event which the spool could never hold, and does not wait for it', async () => {
    const { sender } = await run({}, 5000)
    await assert.rejects(
      sender.send({ message: 'x'.repeat(6000) }),
      (error: Error) => errorCode(error) === 'EVENT_TOO_LARGE' && error.message.includes('let it be larger'),
    )
    await sender.send({ message: 'x', fields: { large: 'x'.repeat(6000) } })
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.deepEqual(sentMessages(engine), ['x'])
  })

  it('takes events whose metadata are much larger than they are', async () => {
    engine.faults.inject(blocked)
    const { sender } = await run({ maxPendingBytes: 8e6, flushIntervalMs: 60_000 })
    const source = 's'.repeat(500_000)
    for (const message of numbers(20)) await sender.send({ message, source })
    assert.ok(sender.pending.bytes <= 8e6, `${sender.pending.bytes} bytes in memory`)
    // One file of the spool would not hold many more of them.
    assert.ok(files().length >= 4, `${files().length} files`)
    engine.faults.clear()
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.deepEqual([...sentMessages(engine)].sort(), numbers(20).sort())
  })

  it('gives other ids to what a batch without its seal may have sent before', async () => {
    engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'lost-answer' } })
    // The frame of a seal is the one with kind 2.
    const disk: Files = {
      ...nodeFiles,
      open: async (...parameters) => {
        const handle = await nodeFiles.open(...parameters)
        const write = handle.write.bind(handle)
        Object.assign(handle, {
          write: (bytes: Buffer, ...more: [number, number, number]) =>
            bytes[4] === 2 ? Promise.reject(new Error('no luck')) : write(bytes, ...more),
        })
        return handle
      },
    }
    const first = await run({}, 1e9, disk)
    for (const message of numbers(50)) await first.sender.send({ message })
    while (engine.faults.used() === 0) await systemClock.sleep(5)
    await first.sender.end(AbortSignal.abort())
    assert.match(String(first.logger.find('spool')[0]?.fields['effect']), /under other batch ids/)
    const before = new Set(sentRecords(engine).map(({ metadata }) => metadata?.batchId))
    engine.faults.clear()
    await (await run()).sender.end(live)
    const after = sentRecords(engine).map(({ metadata }) => metadata?.batchId)
    assert.ok(after.some((id) => !before.has(id)))
    assert.equal(new Set(sentMessages(engine)).size, 50)
  })

  it('survives a file which cannot be closed when its batch leaves the memory', async () => {
    engine.faults.inject(blocked)
    let refusals = 0
    const disk: Files = {
      ...nodeFiles,
      open: async (...parameters) => {
        const handle = await nodeFiles.open(...parameters)
        const [close, write] = [handle.close.bind(handle), handle.write.bind(handle)]
        let isSealed = !String(parameters[0]).endsWith('.spool')
        Object.assign(handle, {
          write: (bytes: Buffer, ...more: [number, number, number]) => {
            isSealed ||= bytes[4] === 2
            return write(bytes, ...more)
          },
          close: async () => {
            await close()
            if (isSealed) return
            refusals += 1
            throw new Error('no luck')
          },
        })
        return handle
      },
    }
    const { sender, logger } = await run({ maxPendingBytes: 20_000, compress: storing }, 1e9, disk)
    for (const message of numbers(2000)) await sender.send({ message })
    engine.faults.clear()
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.ok(refusals > 0)
    assert.equal(logger.find('spool')[0]?.fields['error'], 'no luck')
    assert.deepEqual(new Set(sentMessages(engine)), new Set(numbers(2000)))
  })

  it('drops and counts when it is full, where it is told to', async () => {
    engine.faults.inject(blocked)
    const { sender } = await run({ whenFull: 'drop' }, 20_000)
    for (const message of numbers(1000)) await sender.send({ message })
    const { entries, droppedWrites } = sender.statistics()
    assert.equal(entries + droppedWrites, 1000)
    assert.ok(droppedWrites > 100 && entries > 100)
    engine.faults.clear()
    await sender.end(live)
    assert.equal(sentMessages(engine).length, entries)
  })

  it('is refused a folder which another sender has', async () => {
    const { sender } = await run()
    await assert.rejects(run(), (error) => errorCode(error) === 'SPOOL_LOCKED')
    await sender.end(live)
    await (await run()).sender.end(live)
  })
})

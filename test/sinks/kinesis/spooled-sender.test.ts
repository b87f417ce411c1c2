import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorCode } from '../../../src/core/errors.ts'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { Spool } from '../../../src/sinks/spooling/spool.ts'
import { hasSettled } from '../../contracts/sink.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { sentMessages, sentRecords, SenderRun, type SenderRunOptions } from '../../support/sender-run.ts'

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

  async function run(options: Partial<SenderRunOptions> = {}, maxBytes = 1e9): Promise<SenderRun> {
    const logger = new RecordingLogger()
    const spool = await Spool.open({ folder, logger, processes: systemProcesses(), maxBytes })
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
    const first = await run()
    for (const message of numbers(50)) await first.sender.send({ message, source: message.slice(-1) })
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

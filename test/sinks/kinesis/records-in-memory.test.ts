import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import * as nodeFiles from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import type { Files } from '../../../src/sinks/spooling/files.ts'
import { Spool } from '../../../src/sinks/spooling/spool.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { noise, sentMessages, SenderRun, type SenderRunOptions, storing } from '../../support/sender-run.ts'

const live = new AbortController().signal
const over = AbortSignal.abort()
const megabyte = 1_000_000

/** Records cannot leave the memory before Kinesis takes them. While it is away they must hold back nobody. */
describe('a sender with a spool, whose records fill the memory while Kinesis is away', () => {
  let folder: string
  let engine: KinesisEngine

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'records-in-memory-'))
    engine = new KinesisEngine({
      clock: systemClock,
      limits: { writeBytesPerSecond: Infinity, writeRecordsPerSecond: Infinity },
    })
    engine.createStream('logs', { shards: 2 })
    engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  async function run(options: Partial<SenderRunOptions>, files: Files = nodeFiles): Promise<SenderRun> {
    const spool = await Spool.open({ folder, logger: new RecordingLogger(), processes: systemProcesses(), files })
    const given = { clock: systemClock, engine, latencyMs: 1, flushIntervalMs: 20, random: () => 0 }
    return new SenderRun({ ...given, spool, ...options })
  }

  /** What was sent first is records now. */
  async function packed({ sender }: SenderRun): Promise<void> {
    while (sender.statistics().hardErrors + sender.statistics().throughputExceeded === 0) await systemClock.sleep(5)
  }

  async function assertArrives({ sender }: SenderRun, events: number): Promise<void> {
    assert.equal(sender.pending.events, events)
    engine.faults.clear()
    assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
    assert.equal(new Set(sentMessages(engine)).size, events)
  }

  const large = (bytes: number, seed: number): Uint8Array => noise(bytes, new SeededRandom(seed))

  it('takes what comes behind an event larger than all the room', async () => {
    const it = await run({ maxPendingBytes: megabyte / 2 })
    await it.sender.send({ message: large(700_000, 1) })
    await packed(it)
    for (let i = 0; i < 50; i++) await it.sender.send({ message: `small ${i}` })
    // And not each alone in a batch.
    assert.ok(readdirSync(folder).length < 10)
    await assertArrives(it, 51)
  })

  it('takes a large event behind small ones which are no full batch yet', async () => {
    const it = await run({ maxPendingBytes: megabyte, flushIntervalMs: 10 })
    await it.sender.send({ message: large(740_000, 1) })
    await packed(it)
    await it.sender.send({ message: large(150_000, 2) })
    await it.sender.send({ message: large(400_000, 3) })
    await assertArrives(it, 3)
  })

  it('takes large events one after the other', async () => {
    const it = await run({ maxPendingBytes: megabyte })
    await it.sender.send({ message: large(760_000, 1) })
    await packed(it)
    for (let i = 0; i < 10; i++) await it.sender.send({ message: large(600_000, i + 2) })
    await assertArrives(it, 11)
  })

  it('takes new events behind what an earlier process with more memory left', async () => {
    const { sender } = await run({ maxPendingBytes: 32 * megabyte, flushIntervalMs: 10_000 })
    for (let i = 0; i < 30; i++) await sender.send({ message: large(100_000, i) })
    await sender.end(over)
    const it = await run({ maxPendingBytes: megabyte })
    await packed(it)
    for (let i = 0; i < 50; i++) await it.sender.send({ message: `small ${i}` })
    await assertArrives(it, 80)
  })

  it('takes events whose records are larger than they are', async () => {
    const it = await run({ maxPendingBytes: 400_000, flushIntervalMs: 100 })
    const burst = Array.from({ length: 3000 }, (_, i) => ({ message: `m ${i}`, source: `request-${i}` }))
    await Promise.all(burst.map((event) => it.sender.send(event)))
    await packed(it)
    for (let i = 0; i < 50; i++) await it.sender.send({ message: `small ${i}` })
    await assertArrives(it, 3050)
  })

  it('drops nothing where it is told to drop what does not fit', async () => {
    const it = await run({ maxPendingBytes: megabyte / 2, whenFull: 'drop' })
    await it.sender.send({ message: large(700_000, 1) })
    await packed(it)
    for (let i = 0; i < 50; i++) await it.sender.send({ message: `small ${i}` })
    assert.equal(it.sender.statistics().droppedWrites, 0)
    await assertArrives(it, 51)
  })

  it('drops nothing where the open batch must leave the memory, too', async () => {
    const it = await run({ maxPendingBytes: 100_000, whenFull: 'drop', compress: storing })
    const { sender } = it
    let events = 0
    const send = async (bytes: number): Promise<void> => {
      await sender.send({ message: `${(events += 1)} ${'x'.repeat(bytes)}` })
    }
    while (sender.statistics().flushFull === 0) {
      await send(3000)
      await systemClock.sleep(2)
    }
    // A small one which is closed, and a large one which is not.
    await sender.flush(over)
    await send(1)
    await sender.flush(over)
    for (let i = 0; i < 60; i++) await send(2900)
    assert.equal(sender.statistics().droppedWrites, 0)
    await assertArrives(it, events)
  })

  it('counts what leaves the memory once, also when many batches are closed', async () => {
    const it = await run({ maxPendingBytes: 100_000, compress: storing, flushIntervalMs: 10 })
    await it.sender.send({ message: 'x'.repeat(60_000) })
    await packed(it)
    for (let i = 0; i < 80; i++) {
      await it.sender.send({ message: `small ${i}` })
      await it.sender.flush(over)
    }
    // The first is no full batch, and must go for the second.
    await it.sender.send({ message: 'y'.repeat(15_000) })
    await it.sender.send({ message: 'z'.repeat(45_000) })
    await assertArrives(it, 83)
  })

  it('keeps no more than some files open, however many batches wait', async () => {
    let open = 0
    let most = 0
    const counting: Files = {
      ...nodeFiles,
      open: async (...parameters) => {
        const handle = await nodeFiles.open(...parameters)
        const close = handle.close.bind(handle)
        most = Math.max(most, (open += 1))
        handle.close = () => {
          open -= 1
          return close()
        }
        return handle
      },
    }
    // Records are made of the first, and then of none.
    const it = await run({ maxPendingBytes: megabyte, compress: storing }, counting)
    await it.sender.send({ message: 'x'.repeat(600_000) })
    await packed(it)
    for (let i = 0; i < 500; i++) {
      await it.sender.send({ message: `small ${i}` })
      await it.sender.flush(over)
    }
    assert.ok(most >= 64 && most <= 80, `${most} files`)
    await assertArrives(it, 501)
  })
})

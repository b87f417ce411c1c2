import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemProcesses } from '../../../src/host/process-table.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { Spool } from '../../../src/sinks/spooling/spool.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { sentMessages, SenderRun, storing } from '../../support/sender-run.ts'

const runs = 8
const firstSeed = Number(process.env['KINLOADER_SEED'] ?? Date.now() % 2 ** 31)
const live = new AbortController().signal

describe(`a sender with a spool and little memory (KINLOADER_SEED=${firstSeed})`, () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'small-memory-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  for (let run = 0; run < runs; run++) {
    it(`takes all there is while Kinesis is away, and delivers it later, ${run + 1} of ${runs}`, async () => {
      const random = new SeededRandom(firstSeed + run)
      const maxPendingBytes = random.between(8000, 60_000)
      const engine = new KinesisEngine({ clock: systemClock })
      engine.createStream('logs', { shards: random.between(1, 3) })
      engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
      const logger = new RecordingLogger()
      const spool = await Spool.open({ folder, logger, processes: systemProcesses() })
      const { sender } = new SenderRun({
        clock: systemClock,
        engine,
        latencyMs: 1,
        flushIntervalMs: random.pick([1, 5, 20]),
        maxPendingBytes,
        compress: storing,
        spool,
        random: random.next,
      })
      const largest = random.pick([50, 500, maxPendingBytes / 8])
      const writers = random.between(1, 6)
      const messages = Array.from({ length: 300 }, (_, i) => `${i} ${'x'.repeat(random.between(0, largest))}`)
      for (let at = 0; at < messages.length; at += writers) {
        const some = messages.slice(at, at + writers)
        await Promise.all(some.map((message) => sender.send({ message, source: random.pick(['a', 'b']) })))
        if (random.next() < 0.02) await systemClock.sleep(random.between(1, 30))
      }
      assert.equal(sender.pending.events, messages.length)
      engine.faults.clear()
      assert.deepEqual(await sender.end(live), { events: 0, bytes: 0 })
      assert.deepEqual([...sentMessages(engine)].sort(), [...messages].sort())
    })
  }
})

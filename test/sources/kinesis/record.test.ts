import assert from 'node:assert/strict'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { ReaderRun } from '../../support/reader-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('a record of a shard', () => {
  it('with an arrival time which is none is read as one without, and its position is remembered', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock, arrivalShiftMs: () => 1e18 })
    engine.createStream('logs', { shards: 1 })
    const { sequenceNumber } = engine.put('logs', { data: 'a' })
    const remembered = new Map<string, string>()
    const run = new ReaderRun({ clock, engine, remembered })
    await run.until(1)
    await clock.advance(10_000)
    assert.equal(run.sink.all()[0]?.arrivedMs, undefined)
    assert.equal(remembered.get('shardId-000000000000'), sequenceNumber)
    await run.stop()
    assert.equal(run.failure, undefined)
  })
})

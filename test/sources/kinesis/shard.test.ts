import assert from 'node:assert/strict'
import type { LaneStatus } from '../../../src/core/source.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { ReaderRun } from '../../support/reader-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('what a shard tells of itself', () => {
  it('is that it is held back and falls behind, though its last records are fetched and nothing comes after them', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 1 })
    const run = new ReaderRun({ clock, engine, remembered: new Map() })
    const status = (): LaneStatus => run.source.status()[0] ?? assert.fail('no shard')
    engine.put('logs', { data: 'taken' })
    await run.until(1)
    await clock.advance(5000)
    assert.equal(status().state, 'reading')
    assert.ok((status().lagMs ?? 1e9) < 1000)

    run.sink.block()
    engine.put('logs', { data: 'fetched, not taken' })
    await clock.advance(60_000)
    assert.equal(status().state, 'held back by Splunk')
    assert.ok((status().lagMs ?? 0) > 55_000, `lag ${status().lagMs ?? ''}`)

    run.sink.unblock()
    await run.until(2)
    await clock.advance(1000)
    assert.equal(status().state, 'reading')
    assert.ok((status().lagMs ?? 1e9) < 1000)
    await run.stop()
  })
})

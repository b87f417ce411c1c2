import assert from 'node:assert/strict'
import { errorCode } from '../../../src/core/errors.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { ReaderRun } from '../../support/reader-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('KinesisSource', () => {
  it('reads a shard from the horizon, and goes on after a restart', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 1 })
    for (let i = 0; i < 10; i += 1) engine.put('logs', { data: `${i}` })
    const remembered = new Map<string, string>()
    const first = new ReaderRun({ clock, engine, remembered })
    await first.until(10)
    await clock.advance(10_000)
    await first.stop()
    assert.deepEqual(first.texts(), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    engine.put('logs', { data: 'after' })
    const second = new ReaderRun({ clock, engine, remembered })
    await second.until(1)
    await clock.advance(10_000)
    await second.stop()
    assert.deepEqual(second.texts(), ['after'])
  })

  it('reads children after their parent', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 1 })
    for (let i = 0; i < 10; i += 1) engine.put('logs', { data: `${i}` })
    const [left, right] = engine.split('logs', engine.openShards('logs')[0] ?? '')
    engine.put('logs', { data: 'left', shardId: left })
    engine.put('logs', { data: 'right', shardId: right })
    const run = new ReaderRun({ clock, engine, remembered: new Map() })
    await run.until(12)
    await run.stop()
    assert.deepEqual(run.texts().slice(0, 10), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    assert.deepEqual(run.texts().slice(10).sort(), ['left', 'right'])
    assert.deepEqual(run.logger.told('warn', 'error'), [])
  })

  it('refuses the checkpoints of a stream of the same name in another account, and leaves them alone', async () => {
    const clock = new VirtualClock()
    const theirs = new KinesisEngine({ clock, accountId: '210987654321' })
    theirs.createStream('logs', { shards: 1 })
    theirs.put('logs', { data: 'theirs' })
    const remembered = new Map<string, string>()
    const first = new ReaderRun({ clock, engine: theirs, remembered })
    await first.until(1)
    await clock.advance(10_000)
    await first.stop()
    const before = new Map(remembered)
    const ours = new KinesisEngine({ clock })
    ours.createStream('logs', { shards: 1 })
    const second = new ReaderRun({ clock, engine: ours, remembered })
    await clock.advance(10_000)
    assert.equal(errorCode(second.failure), 'FOREIGN_CHECKPOINTS')
    assert.deepEqual(remembered, before)
  })
})

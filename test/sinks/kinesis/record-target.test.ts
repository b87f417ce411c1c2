import assert from 'node:assert/strict'
import { awsPutLimits } from '../../../src/sinks/kinesis/limits.ts'
import { RecordTarget } from '../../../src/sinks/kinesis/record-target.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('the size records are aimed at', () => {
  const unitBytes = 25 * 1024
  let clock: VirtualClock
  let target: RecordTarget

  beforeEach(() => {
    clock = new VirtualClock()
    target = new RecordTarget({ clock, limits: awsPutLimits, shards: () => 2 })
  })

  /** So many seconds of so many records each. */
  async function pass(seconds: number, each: { readonly records: number; readonly throttled?: number }): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1000)
      target.observe({ throttled: 0, ...each })
    }
  }

  it('is one payload unit while the shards have much room', async () => {
    assert.ok(target.bytes <= unitBytes && target.bytes > 0.9 * unitBytes)
    const before = target.bytes
    await pass(10, { records: 1000 }) // half of what two shards take
    assert.equal(target.bytes, before)
    assert.equal(target.patience, 1)
  })

  it('grows towards the limit near 1,000 records a second and shard, and goes back', async () => {
    await pass(1, { records: 1300 })
    assert.ok(target.bytes > 1.8 * unitBytes && target.patience > 1.5)
    await pass(10, { records: 1300 })
    const { maxRecordBytes } = awsPutLimits
    assert.ok(target.bytes > 0.75 * maxRecordBytes && target.bytes < maxRecordBytes, `${target.bytes}`)
    assert.equal(target.patience, 4)
    await pass(10, { records: 100 })
    assert.ok(target.bytes <= unitBytes)
  })

  it('grows when a shard refuses records, however few they are', async () => {
    const before = target.bytes
    await pass(1, { records: 10, throttled: 1 })
    assert.equal(target.bytes, 2 * before)
  })
})

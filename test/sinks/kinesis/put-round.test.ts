import assert from 'node:assert/strict'
import { awsPutLimits } from '../../../src/sinks/kinesis/limits.ts'
import { nextRound, type WaitingRecord } from '../../../src/sinks/kinesis/put-round.ts'
import { ShardMap } from '../../../src/sinks/kinesis/shard-map.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const limits = awsPutLimits

function chained(number: number, chain: string): WaitingRecord {
  const record = { data: Uint8Array.of(number), partitionKey: chain, events: 1, bytes: 100, chain }
  return { record, delivered: () => undefined }
}

describe('a round of puts', () => {
  it('takes one record of a chain whose shard the listing lacks, and never waits for it', () => {
    const clock = new VirtualClock()
    const shards = new ShardMap({ clock, limits })
    shards.update([{ shardId: 'shardId-000000000000', from: 0n, to: 0n }])
    const [first, second] = [chained(1, 'unbroken-a'), chained(2, 'unbroken-a')]
    const queue = [first, second]
    const round = (busy: boolean) =>
      nextRound(queue, shards, {
        limits,
        maxRequestBytes: limits.maxRequestBytes,
        nowMs: clock.monotonic(),
        number: 1,
        isBusy: () => busy,
      }).entries.map(({ waiting }) => waiting)
    assert.deepEqual(round(false), [first])
    assert.deepEqual(round(true), [])
    assert.deepEqual(round(false), [second])
    assert.deepEqual(queue, [])
  })
})

import assert from 'node:assert/strict'
import type { ListShardsCommandInput } from '@aws-sdk/client-kinesis'
import { doors, type World } from './world.ts'

for (const [name, open] of doors) {
  describe(`fake Kinesis, ListShards, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    /** The numbers of the shards listed. */
    async function list(input: ListShardsCommandInput): Promise<number[]> {
      const { Shards } = await world.client.listShards({ StreamName: 'logs', ...input })
      return (Shards ?? []).map((shard) => Number(shard.ShardId?.slice(-12)))
    }

    it('tells parents, ranges and sequence numbers', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 2 })
      world.engine.merge('logs', 'shardId-000000000000', 'shardId-000000000001')
      const { Shards } = await world.client.listShards({ StreamName: 'logs' })
      const [left, , child] = Shards ?? []
      assert.equal(left?.ParentShardId, undefined)
      assert(BigInt(left?.SequenceNumberRange?.EndingSequenceNumber ?? 0) > 0n)
      assert.equal(child?.ParentShardId, 'shardId-000000000000')
      assert.equal(child.AdjacentParentShardId, 'shardId-000000000001')
      assert.equal(child.SequenceNumberRange?.EndingSequenceNumber, undefined)
      assert.deepEqual(child.HashKeyRange, { StartingHashKey: '0', EndingHashKey: String(2n ** 128n - 1n) })
    })

    it('gives pages of at most 1,000 shards, whatever was asked for', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 2500 })
      const first = await world.client.listShards({ StreamName: 'logs', MaxResults: 10_000 })
      assert.equal(first.Shards?.length, 1000)
      const second = await world.client.listShards({ NextToken: first.NextToken, MaxResults: 10_000 })
      const third = await world.client.listShards({ NextToken: second.NextToken })
      assert.equal(third.Shards?.length, 500)
      assert.equal(third.Shards.at(-1)?.ShardId, 'shardId-000000002499')
      assert.equal(third.NextToken, undefined)
    })

    it('refuses a token with StreamName, an old one, a foreign one', async () => {
      world = await open({ pageSize: 1 })
      world.engine.createStream('logs', { shards: 2 })
      const { NextToken } = await world.client.listShards({ StreamName: 'logs' })
      await assert.rejects(world.client.listShards({ StreamName: 'logs', NextToken }), {
        name: 'InvalidArgumentException',
        message: 'NextToken and StreamName cannot be provided together.',
      })
      await assert.rejects(world.client.listShards({ NextToken, ShardFilter: { Type: 'AT_LATEST' } }), {
        name: 'InvalidArgumentException',
      })
      await assert.rejects(world.client.listShards({}), {
        name: 'InvalidArgumentException',
        message: 'Either NextToken or StreamName should be provided.',
      })
      await assert.rejects(world.client.listShards({ NextToken: 'mine' }), { name: 'InvalidArgumentException' })
      const arn = world.engine.stream('logs').arn
      assert.equal((await world.client.listShards({ NextToken, StreamARN: arn })).Shards?.length, 1)
      await world.clock.advance(299_999)
      assert.equal((await world.client.listShards({ NextToken })).Shards?.length, 1)
      await world.clock.advance(1)
      await assert.rejects(world.client.listShards({ NextToken }), { name: 'ExpiredNextTokenException' })
      const fresh = await world.client.listShards({ StreamName: 'logs' })
      world.engine.recreateStream('logs')
      await assert.rejects(world.client.listShards({ NextToken: fresh.NextToken }), {
        name: 'InvalidArgumentException',
      })
    })

    it('filters by time, by id and by tip', async () => {
      // t0: 0 and 1 open; +1 h: 0 splits into 2 and 3; +2 h: 2 splits into 4 and 5; now is +3 h
      world = await open()
      const start = world.clock.now()
      const hour = 3_600_000
      world.engine.createStream('logs', { shards: 2 })
      await world.clock.advance(hour)
      world.engine.split('logs', 'shardId-000000000000')
      await world.clock.advance(hour)
      world.engine.split('logs', 'shardId-000000000002')
      await world.clock.advance(hour)

      const at = (hours: number): Date => new Date(start + hours * hour)
      assert.deepEqual(await list({}), [0, 1, 2, 3, 4, 5])
      assert.deepEqual(await list({ ExclusiveStartShardId: 'shardId-000000000003' }), [4, 5])
      assert.deepEqual(
        await list({ ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: 'shardId-000000000002' } }),
        [3, 4, 5],
      )
      assert.deepEqual(await list({ ShardFilter: { Type: 'AT_LATEST' } }), [1, 3, 4, 5])
      assert.deepEqual(await list({ ShardFilter: { Type: 'AT_TRIM_HORIZON' } }), [0, 1])
      assert.deepEqual(await list({ ShardFilter: { Type: 'FROM_TRIM_HORIZON' } }), [0, 1, 2, 3, 4, 5])
      assert.deepEqual(await list({ ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: at(1.5) } }), [1, 2, 3])
      assert.deepEqual(await list({ ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: at(-9) } }), [0, 1])
      assert.deepEqual(await list({ ShardFilter: { Type: 'FROM_TIMESTAMP', Timestamp: at(1.5) } }), [1, 2, 3, 4, 5])
      await assert.rejects(list({ ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: at(4) } }), {
        name: 'InvalidArgumentException',
        message: /cannot be greater than the currentTimestampInMillis/,
      })
      await assert.rejects(list({ ShardFilter: { Type: 'AT_TIMESTAMP' } }), { name: 'InvalidArgumentException' })
      assert.deepEqual(await list({ StreamCreationTimestamp: new Date(start) }), [0, 1, 2, 3, 4, 5])
      await assert.rejects(list({ StreamCreationTimestamp: at(1) }), { name: 'ResourceNotFoundException' })
    })

    it('keeps a filter over its pages', async () => {
      world = await open({ pageSize: 1 })
      world.engine.createStream('logs', { shards: 3 })
      world.engine.split('logs', 'shardId-000000000001')
      const seen: (string | undefined)[] = []
      let answer = await world.client.listShards({ StreamName: 'logs', ShardFilter: { Type: 'AT_LATEST' } })
      for (;;) {
        seen.push(answer.Shards?.[0]?.ShardId?.slice(-1))
        if (answer.NextToken === undefined) break
        answer = await world.client.listShards({ NextToken: answer.NextToken })
      }
      assert.deepEqual(seen, ['0', '2', '3', '4'])
    })

    it('forgets closed shards when retention has passed, and their children name parents nobody knows', async () => {
      world = await open()
      world.engine.createStream('logs')
      await world.clock.advance(1000)
      world.engine.split('logs', 'shardId-000000000000')
      await world.clock.advance(24 * 3_600_000)
      assert.deepEqual(await list({}), [0, 1, 2])
      await world.clock.advance(1)
      const { Shards } = await world.client.listShards({ StreamName: 'logs' })
      assert.equal(Shards?.length, 2)
      assert.equal(Shards[0]?.ParentShardId, 'shardId-000000000000')
      await assert.rejects(
        world.client.getShardIterator({
          StreamName: 'logs',
          ShardId: 'shardId-000000000000',
          ShardIteratorType: 'TRIM_HORIZON',
        }),
        {
          name: 'ResourceNotFoundException',
          message: 'Shard shardId-000000000000 in stream logs under account 123456789012 does not exist',
        },
      )
    })
  })
}

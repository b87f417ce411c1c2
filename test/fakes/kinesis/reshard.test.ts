import assert from 'node:assert/strict'
import { doors, type World } from './world.ts'

for (const [name, open] of doors) {
  describe(`fake Kinesis, resharding, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    /** Open shards cover the hash space without hole or overlap. */
    function assertCovered(): void {
      const shards = [...world.engine.stream('logs').openShards]
      shards.sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
      let next = 0n
      for (const { range } of shards) {
        assert.equal(range.start, next)
        next = range.end + 1n
      }
      assert.equal(next, 2n ** 128n)
    }

    it('splits: the parent takes records until the change is done', async () => {
      world = await open({ shardDelayMs: 1000 })
      world.engine.createStream('logs')
      const split = {
        StreamName: 'logs',
        ShardToSplit: 'shardId-000000000000',
        NewStartingHashKey: String(2n ** 126n),
      }
      await world.client.splitShard(split)
      await assert.rejects(world.client.splitShard(split), {
        name: 'ResourceInUseException',
        message: 'Stream logs under account 123456789012 not ACTIVE, instead in state UPDATING',
      })
      const during = await world.client.putRecord({ StreamName: 'logs', Data: Buffer.from('x'), PartitionKey: 'k' })
      assert.equal(during.ShardId, 'shardId-000000000000')
      await world.clock.advance(1000)
      const after = await world.client.putRecord({ StreamName: 'logs', Data: Buffer.from('x'), PartitionKey: 'k' })
      assert.equal(after.ShardId, 'shardId-000000000002')
      assert.deepEqual(world.engine.closedShards('logs'), ['shardId-000000000000'])
      assert.equal(world.engine.stream('logs').shards[2]?.range.start, 2n ** 126n)
      assert(BigInt(after.SequenceNumber ?? 0) > BigInt(during.SequenceNumber ?? 0))
      assertCovered()
      await assert.rejects(world.client.splitShard(split), { name: 'InvalidArgumentException', message: /is not open/ })
      await assert.rejects(world.client.splitShard({ ...split, ShardToSplit: 'shardId-000000000001' }), {
        name: 'InvalidArgumentException',
        message: /is not both greater than one plus the shard's StartingHashKey/,
      })
    })

    it('merges neighbours only', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 3 })
      await assert.rejects(
        world.client.mergeShards({
          StreamName: 'logs',
          ShardToMerge: 'shardId-000000000000',
          AdjacentShardToMerge: 'shardId-000000000002',
        }),
        { name: 'InvalidArgumentException', message: /not an adjacent pair/ },
      )
      await world.client.mergeShards({
        StreamName: 'logs',
        ShardToMerge: 'shardId-000000000001',
        AdjacentShardToMerge: 'shardId-000000000000',
      })
      assert.deepEqual(world.engine.stream('logs').shards.at(-1)?.parents, [
        'shardId-000000000001',
        'shardId-000000000000',
      ])
      assertCovered()
    })

    it('updates the shard count through short-lived intermediate shards', async () => {
      world = await open({ shardDelayMs: 1000 })
      world.engine.createStream('logs', { shards: 2 })
      const answer = await world.client.updateShardCount({
        StreamName: 'logs',
        TargetShardCount: 3,
        ScalingType: 'UNIFORM_SCALING',
      })
      assert.deepEqual([answer.CurrentShardCount, answer.TargetShardCount], [2, 3])
      await world.clock.advance(1000)
      // 0 and 1 are split at the thirds into 2, 3, 4, 5; 3 and 4 lie within the middle third
      assert.deepEqual(
        world.engine.openShards('logs').map((id) => Number(id.slice(-1))),
        [2, 3, 4, 5],
      )
      assertCovered()
      await world.clock.advance(1000)
      assert.deepEqual(
        world.engine.openShards('logs').map((id) => Number(id.slice(-1))),
        [2, 5, 6],
      )
      assert.deepEqual(world.engine.stream('logs').shard('shardId-000000000006')?.parents, [
        'shardId-000000000003',
        'shardId-000000000004',
      ])
      assertCovered()
      assert.equal(world.engine.stream('logs').status, 'ACTIVE')
    })

    it('at most doubles and at most halves', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 4 })
      const update = (TargetShardCount: number): Promise<unknown> =>
        world.client.updateShardCount({ StreamName: 'logs', TargetShardCount, ScalingType: 'UNIFORM_SCALING' })
      await assert.rejects(update(9), { name: 'InvalidArgumentException', message: /increase it to more than double/ })
      await assert.rejects(update(1), { name: 'InvalidArgumentException', message: /decrease it to less than half/ })
      await update(8)
      await update(5)
      assert.equal(world.engine.openShards('logs').length, 5)
      assertCovered()
    })

    it('changes shards by the hand of a test too', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 2 })
      assert.deepEqual(world.engine.split('logs', 'shardId-000000000001'), [
        'shardId-000000000002',
        'shardId-000000000003',
      ])
      assert.deepEqual(world.engine.neighbours('logs'), [
        ['shardId-000000000000', 'shardId-000000000002'],
        ['shardId-000000000002', 'shardId-000000000003'],
      ])
      assert.throws(() => world.engine.merge('logs', 'shardId-000000000000', 'shardId-000000000003'), /no neighbours/)
      assert.equal(world.engine.merge('logs', 'shardId-000000000000', 'shardId-000000000002'), 'shardId-000000000004')
      world.engine.updateShardCount('logs', 1)
      assert.deepEqual(world.engine.openShards('logs'), ['shardId-000000000005'])
      assertCovered()
    })
  })
}

import assert from 'node:assert/strict'
import { doors, iteratorOf, read, type World } from './world.ts'

const mebibyte = 1024 * 1024

for (const [name, open] of doors) {
  describe(`fake Kinesis, GetRecords, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    it('gives records as they were put, with and without partition key', async () => {
      world = await open()
      const stream = world.engine.createStream('logs')
      const data = Uint8Array.from({ length: 256 }, (_, index) => index)
      const { sequenceNumber } = world.engine.put('logs', { data, partitionKey: 'host-1' })
      stream.keyId = 'alias/logs'
      world.engine.put('logs', { data: 'x', partitionKey: null })
      const { Records = [] } = await world.client.getRecords({ ShardIterator: await iteratorOf(world) })
      assert.deepEqual(Buffer.from(Records[0]?.Data ?? []), Buffer.from(data))
      assert.deepEqual(
        Records.map((record) => record.PartitionKey),
        ['host-1', undefined],
      )
      assert.equal(Records[0]?.SequenceNumber, sequenceNumber)
      assert.equal(Records[0].ApproximateArrivalTimestamp?.getTime(), world.clock.now())
      assert.equal(Records[0].EncryptionType, 'KMS')
    })

    it('keeps to Limit, to 10,000 records and to 10 MiB', async () => {
      world = await open({ limits: 'none' })
      world.engine.createStream('logs')
      for (let count = 0; count < 10_001; count++) world.engine.put('logs', { data: '' })
      const iterator = await iteratorOf(world)
      assert.equal((await read(world, iterator, 7)).length, 7)
      assert.equal((await read(world, iterator)).length, 10_000)
      await assert.rejects(read(world, iterator, 10_001), {
        name: 'ValidationException',
        message:
          "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: " +
          'Member must have value less than or equal to 10000',
      })

      world.engine.recreateStream('logs')
      for (let count = 0; count < 11; count++) world.engine.put('logs', { data: Buffer.alloc(mebibyte - 3) })
      assert.equal((await read(world, await iteratorOf(world))).length, 10)
    })

    it('tells how far behind: 0 only at the tip', async () => {
      world = await open()
      world.engine.createStream('logs')
      for (let count = 0; count < 3; count++) {
        world.engine.put('logs', { data: 'x' })
        await world.clock.advance(1000)
      }
      const first = await world.client.getRecords({ ShardIterator: await iteratorOf(world), Limit: 2 })
      assert.equal(first.MillisBehindLatest, 2000)
      const second = await world.client.getRecords({ ShardIterator: first.NextShardIterator })
      assert.equal(second.MillisBehindLatest, 0)
      assert.equal(second.Records?.length, 1)
    })

    it('ends a closed shard with its last records, a null iterator and the children', async () => {
      world = await open()
      world.engine.createStream('logs')
      for (const data of ['a', 'b']) world.engine.put('logs', { data })
      world.engine.split('logs', 'shardId-000000000000')
      const first = await world.client.getRecords({ ShardIterator: await iteratorOf(world), Limit: 1 })
      assert.equal(first.ChildShards, undefined)
      assert(typeof first.NextShardIterator === 'string')
      const last = await world.client.getRecords({ ShardIterator: first.NextShardIterator })
      assert.equal(last.Records?.length, 1)
      assert.equal(last.NextShardIterator ?? undefined, undefined)
      assert.equal(last.MillisBehindLatest, 0)
      const half = 2n ** 127n
      assert.deepEqual(last.ChildShards, [
        {
          ShardId: 'shardId-000000000001',
          ParentShards: ['shardId-000000000000'],
          HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(half - 1n) },
        },
        {
          ShardId: 'shardId-000000000002',
          ParentShards: ['shardId-000000000000'],
          HashKeyRange: { StartingHashKey: String(half), EndingHashKey: String(2n * half - 1n) },
        },
      ])
    })

    it('ends a closed shard in an answer of its own where told to', async () => {
      world = await open({ shardEnd: 'own-answer' })
      world.engine.createStream('logs', { shards: 2 })
      world.engine.put('logs', { data: 'a', shardId: 'shardId-000000000000' })
      world.engine.merge('logs', 'shardId-000000000000', 'shardId-000000000001')
      const first = await world.client.getRecords({ ShardIterator: await iteratorOf(world) })
      assert.equal(first.Records?.length, 1)
      const last = await world.client.getRecords({ ShardIterator: first.NextShardIterator })
      assert.equal(last.Records?.length, 0)
      assert.equal(last.NextShardIterator ?? undefined, undefined)
      assert.deepEqual(last.ChildShards?.[0]?.ParentShards, ['shardId-000000000000', 'shardId-000000000001'])
    })

    it('ends a closed shard without naming its children where told to', async () => {
      world = await open({ childShards: 'untold' })
      world.engine.createStream('logs')
      world.engine.put('logs', { data: 'a' })
      world.engine.split('logs', 'shardId-000000000000')
      const last = await world.client.getRecords({ ShardIterator: await iteratorOf(world) })
      assert.equal(last.Records?.length, 1)
      assert.equal(last.NextShardIterator ?? undefined, undefined)
      assert.equal(last.ChildShards, undefined)
    })

    it('forgets records when retention has passed', async () => {
      world = await open({ limits: 'none', retentionMs: 10_000 })
      world.engine.createStream('logs')
      world.engine.put('logs', { data: 'old' })
      await world.clock.advance(5000)
      world.engine.put('logs', { data: 'young' })
      const iterator = await iteratorOf(world)
      assert.deepEqual(await read(world, iterator), ['old', 'young'])
      await world.clock.advance(5001)
      assert.deepEqual(await read(world, iterator), ['young'])
      await world.clock.advance(5000)
      const { Records, MillisBehindLatest } = await world.client.getRecords({ ShardIterator: iterator })
      assert.deepEqual([Records?.length, MillisBehindLatest], [0, 0])
    })

    it('moves no data on a dry run, unless it does not know the flag', async () => {
      for (const [dryRun, count] of [
        [true, 0],
        [false, 1],
      ] as const) {
        world = await open({ dryRun })
        world.engine.createStream('logs')
        world.engine.put('logs', { data: 'x' })
        const { Records } = await world.client.getRecords({ ShardIterator: await iteratorOf(world), DryRun: true })
        assert.equal(Records?.length, count)
        await world.client.putRecord({ StreamName: 'logs', PartitionKey: 'k', Data: Buffer.from('y'), DryRun: true })
        assert.equal(world.engine.stream('logs').shards[0]?.records.length, 1 + count)
        await world.close()
      }
    })
  })
}

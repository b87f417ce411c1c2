import assert from 'node:assert/strict'
import { doors, type World } from './world.ts'

for (const [name, open] of doors) {
  describe(`fake Kinesis, streams, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    it('creates a stream, which is seen only when it is ready', async () => {
      world = await open({ shardDelayMs: 1000 })
      await world.client.createStream({ StreamName: 'logs', ShardCount: 2 })
      const before = await world.client.describeStreamSummary({ StreamName: 'logs' })
      assert.equal(before.StreamDescriptionSummary?.StreamStatus, 'CREATING')
      await assert.rejects(world.client.putRecord({ StreamName: 'logs', PartitionKey: 'k', Data: Buffer.from('x') }), {
        name: 'ResourceNotFoundException',
      })
      await world.clock.advance(1000)
      const after = await world.client.describeStreamSummary({ StreamName: 'logs' })
      assert.equal(after.StreamDescriptionSummary?.StreamStatus, 'ACTIVE')
      assert.equal(after.StreamDescriptionSummary.OpenShardCount, 2)
      await assert.rejects(world.client.createStream({ StreamName: 'logs', ShardCount: 2 }), {
        name: 'ResourceInUseException',
        message: 'Stream logs under account 123456789012 already exists.',
      })
    })

    it('describes a stream by name and by ARN', async () => {
      world = await open({ region: 'us-east-1', accountId: '111122223333' })
      world.engine.createStream('logs', { shards: 3 }).keyId = 'alias/logs'
      const { StreamDescriptionSummary: summary } = await world.client.describeStreamSummary({
        StreamARN: 'arn:aws:kinesis:us-east-1:111122223333:stream/logs',
      })
      assert.deepEqual(summary, {
        StreamName: 'logs',
        StreamARN: 'arn:aws:kinesis:us-east-1:111122223333:stream/logs',
        StreamStatus: 'ACTIVE',
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        RetentionPeriodHours: 24,
        StreamCreationTimestamp: new Date('2026-01-01T00:00:00Z'),
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: 'KMS',
        KeyId: 'alias/logs',
        OpenShardCount: 3,
        ConsumerCount: 0,
        MaxRecordSizeInKiB: 1024,
      })
      const { StreamDescription } = await world.client.describeStream({ StreamName: 'logs', Limit: 2 })
      assert.equal(StreamDescription?.HasMoreShards, true)
      assert.deepEqual(
        StreamDescription.Shards?.map((shard) => shard.ShardId),
        ['shardId-000000000000', 'shardId-000000000001'],
      )
      await assert.rejects(
        world.client.describeStreamSummary({ StreamARN: 'arn:aws:kinesis:us-east-1:999999999999:stream/logs' }),
        { name: 'ResourceNotFoundException' },
      )
    })

    it('says which stream does not exist', async () => {
      world = await open()
      await assert.rejects(world.client.describeStreamSummary({ StreamName: 'nope' }), {
        name: 'ResourceNotFoundException',
        message: 'Stream nope under account 123456789012 not found.',
      })
      await assert.rejects(world.client.describeStreamSummary({}), {
        name: 'ValidationException',
        message:
          "1 validation error detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null",
      })
    })

    it('deletes a stream, and a new one of the same name has another creation time', async () => {
      world = await open({ shardDelayMs: 500 })
      world.engine.createStream('logs')
      await world.client.deleteStream({ StreamName: 'logs' })
      const deleting = await world.client.describeStreamSummary({ StreamName: 'logs' })
      assert.equal(deleting.StreamDescriptionSummary?.StreamStatus, 'DELETING')
      await world.clock.advance(5000)
      await assert.rejects(world.client.describeStreamSummary({ StreamName: 'logs' }), {
        name: 'ResourceNotFoundException',
      })
      await world.client.createStream({ StreamName: 'logs', ShardCount: 1 })
      const again = await world.client.describeStreamSummary({ StreamName: 'logs' })
      assert.equal(again.StreamDescriptionSummary?.StreamCreationTimestamp?.toISOString(), '2026-01-01T00:00:05.000Z')
    })

    it('changes the retention within bounds', async () => {
      world = await open()
      world.engine.createStream('logs')
      await world.client.increaseStreamRetentionPeriod({ StreamName: 'logs', RetentionPeriodHours: 48 })
      const { StreamDescriptionSummary: summary } = await world.client.describeStreamSummary({ StreamName: 'logs' })
      assert.equal(summary?.RetentionPeriodHours, 48)
      await assert.rejects(
        world.client.increaseStreamRetentionPeriod({ StreamName: 'logs', RetentionPeriodHours: 24 }),
        { name: 'InvalidArgumentException', message: /can not be shorter than existing retention period \(48 hours\)/ },
      )
      await world.client.decreaseStreamRetentionPeriod({ StreamName: 'logs', RetentionPeriodHours: 24 })
      await assert.rejects(
        world.client.decreaseStreamRetentionPeriod({ StreamName: 'logs', RetentionPeriodHours: 23 }),
        { name: 'InvalidArgumentException' },
      )
    })

    it('lists streams page by page', async () => {
      world = await open()
      for (const stream of ['c', 'a', 'b']) world.engine.createStream(stream)
      const first = await world.client.listStreams({ Limit: 2 })
      assert.deepEqual([first.StreamNames, first.HasMoreStreams], [['a', 'b'], true])
      const second = await world.client.listStreams({ NextToken: first.NextToken })
      assert.deepEqual([second.StreamNames, second.HasMoreStreams], [['c'], false])
    })

    it('does not know other operations', async () => {
      world = await open()
      await assert.rejects(world.client.describeLimits({}), { name: 'UnknownOperationException' })
    })
  })
}

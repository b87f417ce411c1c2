import assert from 'node:assert/strict'
import { doors, iteratorOf, read, type World } from './world.ts'

const mebibyte = 1024 * 1024

for (const [name, open] of doors) {
  describe(`fake Kinesis, PutRecord and PutRecords, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    it('stores in the shard of the hash key, which the key decides or the caller', async () => {
      world = await open({ limits: 'none' })
      world.engine.createStream('logs', { shards: 2 })
      const { Records = [] } = await world.client.putRecords({
        StreamName: 'logs',
        Records: [
          { Data: Buffer.from('a'), PartitionKey: 'k' }, // MD5 8ce4…: the upper half
          { Data: Buffer.from('b'), PartitionKey: 'k', ExplicitHashKey: '1' },
        ],
      })
      assert.deepEqual(
        Records.map((record) => record.ShardId),
        ['shardId-000000000001', 'shardId-000000000000'],
      )
      const put = await world.client.putRecord({
        StreamARN: world.engine.stream('logs').arn,
        Data: Buffer.from('c'),
        PartitionKey: 'k',
        ExplicitHashKey: '2',
      })
      assert.equal(put.ShardId, 'shardId-000000000000')
      assert(BigInt(put.SequenceNumber ?? 0) > BigInt(Records[1]?.SequenceNumber ?? 0))
      assert.deepEqual(await read(world, await iteratorOf(world)), ['b', 'c'])
    })

    it('refuses too many, too much and too large', async () => {
      world = await open({ limits: 'none' })
      world.engine.createStream('logs')
      const put = (count: number, bytes: number): Promise<unknown> =>
        world.client.putRecords({
          StreamName: 'logs',
          Records: Array.from({ length: count }, () => ({ Data: Buffer.alloc(bytes), PartitionKey: 'k' })),
        })
      await put(500, 10)
      await assert.rejects(put(501, 10), { name: 'ValidationException', message: /length less than or equal to 500/ })
      await assert.rejects(put(0, 0), { name: 'ValidationException', message: /length greater than or equal to 1/ })
      await put(10, mebibyte - 1)
      await assert.rejects(put(11, mebibyte - 1), {
        name: 'InvalidArgumentException',
        message: 'Records size exceeds 10 MB limit',
      })
      await assert.rejects(put(1, mebibyte), { name: 'ValidationException', message: /less than or equal to 1048576/ })
      world.engine.stream('logs').maxRecordBytes = 2 * mebibyte
      await put(1, mebibyte)
    })

    it('needs a partition key, unless the service distributes by itself', async () => {
      world = await open()
      world.engine.createStream('logs')
      const put = (): Promise<unknown> =>
        world.client.putRecord({ StreamName: 'logs', Data: Buffer.from('x'), PartitionKey: undefined })
      await assert.rejects(put(), { name: 'ValidationException', message: /Value null at 'partitionKey'/ })
      world.engine.stream('logs').automaticKeys = true
      await put()
      await assert.rejects(
        world.client.putRecord({
          StreamName: 'logs',
          Data: Buffer.from('x'),
          PartitionKey: 'k',
          ExplicitHashKey: String(2n ** 128n),
        }),
        { name: 'InvalidArgumentException' },
      )
    })

    it('fails the entries which exceed 1,000 records a second on their shard, and stores the others', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 2 })
      const records = (count: number, hash: string): object[] =>
        Array.from({ length: count }, () => ({ Data: Buffer.from('x'), PartitionKey: 'k', ExplicitHashKey: hash }))
      const put = async (list: object[]) =>
        world.client.putRecords({
          StreamName: 'logs',
          Records: list.map((entry) => ({ PartitionKey: 'k', Data: Buffer.alloc(0), ...entry })),
        })
      await put(records(500, '0'))
      await put(records(400, '0'))
      const upper = String(2n ** 128n - 1n)
      const answer = await put([...records(101, '0'), ...records(1, upper)])
      assert.equal(answer.FailedRecordCount, 1)
      assert.deepEqual(answer.Records?.[100], {
        ErrorCode: 'ProvisionedThroughputExceededException',
        ErrorMessage: 'Rate exceeded for shard shardId-000000000000 in stream logs under account 123456789012.',
      })
      assert.equal(answer.Records[101]?.ErrorCode, undefined)
      assert.equal(world.engine.calls.refused('PutRecords'), 1)
      await assert.rejects(
        world.client.putRecord({ StreamName: 'logs', Data: Buffer.from('x'), PartitionKey: 'k', ExplicitHashKey: '0' }),
        { name: 'ProvisionedThroughputExceededException' },
      )
      await world.clock.advance(1)
      await world.client.putRecord({
        StreamName: 'logs',
        Data: Buffer.from('x'),
        PartitionKey: 'k',
        ExplicitHashKey: '0',
      })
    })

    it('refuses more than 1 MiB a second on a shard', async () => {
      world = await open()
      world.engine.createStream('logs')
      const put = (bytes: number): Promise<unknown> =>
        world.client.putRecord({ StreamName: 'logs', Data: Buffer.alloc(bytes), PartitionKey: 'k' })
      await put(mebibyte - 1)
      await assert.rejects(put(1000), { name: 'ProvisionedThroughputExceededException' })
      await world.clock.advance(1)
      await put(1000)
    })
  })
}

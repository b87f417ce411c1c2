import assert from 'node:assert/strict'
import { doors, iteratorOf, read, type World } from './world.ts'

const mebibyte = 1024 * 1024
const rateExceeded = {
  name: 'ProvisionedThroughputExceededException',
  message: 'Rate exceeded for shard shardId-000000000000 in stream logs under account 123456789012.',
}

for (const [name, open] of doors) {
  describe(`fake Kinesis, limits, ${name}`, () => {
    let world: World

    afterEach(async () => {
      await world.close()
    })

    it('takes 5 GetRecords a second from each shard', async () => {
      world = await open()
      world.engine.createStream('logs', { shards: 2 })
      const iterator = await iteratorOf(world)
      const other = await iteratorOf(world, { ShardId: 'shardId-000000000001' })
      for (let count = 0; count < 5; count++) await read(world, iterator)
      await assert.rejects(read(world, iterator), rateExceeded)
      await read(world, other)
      await world.clock.advance(199)
      await assert.rejects(read(world, iterator), rateExceeded)
      await world.clock.advance(1)
      await read(world, iterator)
      for (let count = 0; count < 20; count++) {
        await world.clock.advance(200)
        await read(world, iterator)
      }
      const { calls } = world.engine
      assert.equal(calls.refused(), 2)
      assert.equal(calls.refused('GetRecords', 'shardId-000000000000'), 2)
      assert.equal(calls.refused('GetRecords', 'shardId-000000000001'), 0)
      assert.equal(calls.errors('ProvisionedThroughputExceededException'), 2)
      assert.equal(calls.count('GetRecords'), 29)
      assert.equal(calls.count('GetRecords', 'shardId-000000000001'), 1)
      // 6 at once, 1 at 199 ms and those at 200, 400, 600 and 800 ms
      assert.equal(calls.peakPerSecond('GetRecords', 'shardId-000000000000'), 11)
      assert.equal(calls.peakPerSecond('GetRecords', 'shardId-000000000001'), 1)
    })

    it('refuses for nearly 5 s after an answer of 10 MiB', async () => {
      world = await open()
      world.engine.createStream('logs')
      for (let count = 0; count < 10; count++) world.engine.put('logs', { data: Buffer.alloc(mebibyte - 3) })
      const iterator = await iteratorOf(world)
      assert.equal((await read(world, iterator)).length, 10)
      await world.clock.advance(4900)
      await assert.rejects(read(world, iterator), rateExceeded)
      await world.clock.advance(100)
      await read(world, iterator, 1)
    })

    it('lets 2 MiB a second pass for ever', async () => {
      world = await open()
      world.engine.createStream('logs')
      for (let count = 0; count < 40; count++) world.engine.put('logs', { data: Buffer.alloc(mebibyte / 2 - 3) })
      let iterator: string | undefined = await iteratorOf(world)
      for (let count = 0; count < 40; count++) {
        const answer: { NextShardIterator?: string | undefined } = await world.client.getRecords({
          ShardIterator: iterator,
          Limit: 1,
        })
        iterator = answer.NextShardIterator
        await world.clock.advance(250)
      }
      assert.equal(world.engine.calls.refused(), 0)
    })

    it('takes 5 GetShardIterator a second from each shard', async () => {
      world = await open()
      world.engine.createStream('logs')
      for (let count = 0; count < 5; count++) await iteratorOf(world)
      await assert.rejects(iteratorOf(world), rateExceeded)
      await world.clock.advance(200)
      await iteratorOf(world)
    })

    it('takes 20 DescribeStreamSummary a second from the account', async () => {
      world = await open()
      world.engine.createStream('logs')
      for (let count = 0; count < 20; count++) await world.client.describeStreamSummary({ StreamName: 'logs' })
      await assert.rejects(world.client.describeStreamSummary({ StreamName: 'logs' }), {
        name: 'LimitExceededException',
        message: 'Rate exceeded for account 123456789012.',
      })
      await world.client.describeStream({ StreamName: 'logs' })
    })

    it('takes ListShards per stream, as many as told', async () => {
      world = await open({ limits: { listCallsPerSecond: 2 } })
      world.engine.createStream('logs')
      world.engine.createStream('other')
      await world.client.listShards({ StreamName: 'logs' })
      await world.client.listShards({ StreamName: 'logs' })
      await assert.rejects(world.client.listShards({ StreamName: 'logs' }), {
        name: 'LimitExceededException',
        message: 'Rate exceeded for stream logs under account 123456789012.',
      })
      await world.client.listShards({ StreamName: 'other' })
    })

    it('refuses nothing where there are no limits', async () => {
      world = await open({ limits: 'none' })
      world.engine.createStream('logs')
      for (let count = 0; count < 12; count++) world.engine.put('logs', { data: Buffer.alloc(mebibyte - 3) })
      for (let count = 0; count < 3; count++) {
        assert.equal((await read(world, await iteratorOf(world))).length, 10)
        await world.client.describeStreamSummary({ StreamName: 'logs' })
      }
      for (let count = 0; count < 30; count++) await world.client.listStreams({})
      assert.equal(world.engine.calls.refused(), 0)
    })
  })
}

import assert from 'node:assert/strict'
import { Kinesis, waitUntilStreamExists } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type KinesisLocal, startKinesisLocal } from './kinesis-local.ts'

describe('kinesis-local', () => {
  let local: KinesisLocal
  let client: Kinesis

  before(async () => {
    local = await startKinesisLocal({ streams: { ready: 2 } })
    client = new Kinesis({
      region: 'us-east-1',
      endpoint: local.endpoint,
      credentials: { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' },
      requestHandler: new NodeHttpHandler(),
    })
  })

  after(async () => {
    client.destroy()
    await local.stop()
    await local.stop()
    assert.throws(() => process.kill(local.pid, 0), { code: 'ESRCH' })
  })

  it('has the streams it was started with', async () => {
    const waiting = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }
    await waitUntilStreamExists(waiting, { StreamName: 'ready' })
    const { Shards } = await client.listShards({ StreamName: 'ready' })
    assert.equal(Shards?.length, 2)
  })

  it('gives back what was put', async () => {
    await client.createStream({ StreamName: 'logs', ShardCount: 1 })
    const waiting = { client, minDelay: 1, maxDelay: 1, maxWaitTime: 10 }
    await waitUntilStreamExists(waiting, { StreamName: 'logs' })
    await client.putRecord({ StreamName: 'logs', Data: Buffer.from('hello'), PartitionKey: 'k' })
    const { ShardIterator } = await client.getShardIterator({
      StreamName: 'logs',
      ShardId: 'shardId-000000000000',
      ShardIteratorType: 'TRIM_HORIZON',
    })
    const { Records } = await client.getRecords({ ShardIterator })
    assert.equal(Buffer.from(Records?.[0]?.Data ?? []).toString(), 'hello')
  })
})

import assert from 'node:assert/strict'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { KinesisEngine, type EngineOptions } from './engine.ts'
import { type HttpDoor, startKinesisServer } from './http-door.ts'

describe('fake Kinesis, HTTP door alone', () => {
  const clock = new VirtualClock()
  let engine: KinesisEngine
  let door: HttpDoor

  async function start(options: Partial<EngineOptions> = {}): Promise<void> {
    engine = new KinesisEngine({ clock, ...options })
    engine.createStream('logs')
    door = await startKinesisServer(engine, { clock })
  }

  afterEach(async () => {
    await door.close()
  })

  it('speaks AWS JSON 1.1', async () => {
    await start({ requireSignature: false })
    engine.put('logs', { data: 'hello', partitionKey: 'k' })
    const call = async (operation: string, body: string): Promise<Response> =>
      fetch(door.endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `Kinesis_20131202.${operation}` },
        body,
      })
    const iterator = await call(
      'GetShardIterator',
      '{"StreamName":"logs","ShardId":"shardId-000000000000","ShardIteratorType":"TRIM_HORIZON"}',
    )
    const { ShardIterator } = (await iterator.json()) as { ShardIterator: string }
    const answer = await call('GetRecords', JSON.stringify({ ShardIterator }))
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/x-amz-json-1.1')
    assert.equal(answer.headers.get('date'), 'Thu, 01 Jan 2026 00:00:00 GMT')
    const { Records } = (await answer.json()) as { Records: object[] }
    assert.deepEqual(Records, [
      {
        SequenceNumber: engine.stream('logs').shards[0]?.records[0]?.sequenceNumber,
        ApproximateArrivalTimestamp: Date.UTC(2026, 0, 1) / 1000,
        Data: 'aGVsbG8=',
        PartitionKey: 'k',
      },
    ])
    const refusal = await call('ListShards', '{}')
    assert.equal(refusal.status, 400)
    assert.deepEqual(await refusal.json(), {
      __type: 'InvalidArgumentException',
      message: 'Either NextToken or StreamName should be provided.',
    })
    for (const body of ['', '{', '[]']) {
      const garbage = await call('ListShards', body)
      assert.equal(((await garbage.json()) as { __type: string }).__type, 'SerializationException')
    }
    assert.equal(
      ((await (await call('Nonsense', '{}')).json()) as { __type: string }).__type,
      'UnknownOperationException',
    )
  })

  it('misses a signature', async () => {
    await start()
    const answer = await fetch(door.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Kinesis_20131202.ListStreams' },
      body: '{}',
    })
    assert.equal(answer.status, 400)
    assert.deepEqual(await answer.json(), {
      __type: 'MissingAuthenticationTokenException',
      message: 'Missing Authentication Token',
    })
  })

  it('keeps connections', async () => {
    await start()
    const requestHandler = new NodeHttpHandler()
    const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }
    const client = new Kinesis({ region: 'us-east-1', endpoint: door.endpoint, credentials, requestHandler })
    for (let count = 0; count < 20; count++) await client.listShards({ StreamName: 'logs' })
    assert.equal(door.connections(), 1)
    client.destroy()
  })

  it('lends a role as STS does, and lets its key in', async () => {
    await start({ accessKeyIds: ['AKIATESTER'] })
    const requestHandler = new NodeHttpHandler()
    const client = new Kinesis({
      region: 'us-east-1',
      endpoint: door.endpoint,
      requestHandler,
      credentials: fromTemporaryCredentials({
        masterCredentials: { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' },
        params: { RoleArn: 'arn:aws:iam::123456789012:role/reader', RoleSessionName: 'me', ExternalId: 'x' },
        clientConfig: { region: 'us-east-1', endpoint: door.endpoint, requestHandler },
      }),
    })
    assert.deepEqual((await client.listStreams({})).StreamNames, ['logs'])
    client.destroy()

    engine.access.deny('AssumeRole')
    const denied = new Kinesis({
      region: 'us-east-1',
      endpoint: door.endpoint,
      requestHandler,
      credentials: fromTemporaryCredentials({
        masterCredentials: { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' },
        params: { RoleArn: 'arn:aws:iam::123456789012:role/reader', RoleSessionName: 'me' },
        clientConfig: { region: 'us-east-1', endpoint: door.endpoint, requestHandler },
      }),
    })
    await assert.rejects(denied.listStreams({}), {
      message: /not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role\/reader/,
    })
    denied.destroy()
    requestHandler.destroy()
  })

  it('closes at once, with requests under way', async () => {
    await start({ requireSignature: false })
    engine.faults.inject({ operation: 'ListStreams', fault: { kind: 'hang' } })
    const answer = fetch(door.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Kinesis_20131202.ListStreams' },
      body: '{}',
    })
    const refusal = assert.rejects(answer)
    while (engine.faults.waiting > 0) await new Promise((resolve) => setImmediate(resolve))
    await door.close()
    await refusal
    await door.close()
  })
})

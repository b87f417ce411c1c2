import assert from 'node:assert/strict'
import { systemClock } from '../../src/host/system-clock.ts'
import { type KinloaderSettings, readSettings } from '../../src/wiring/inputs/kinloader-settings.ts'
import { connectKinesis } from '../../src/wiring/kinesis-connection.ts'
import { KinesisEngine } from '../fakes/kinesis/engine.ts'
import { type HttpDoor, startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { type HttpProxy, startHttpProxy } from '../support/http-proxy.ts'

const live = new AbortController().signal
const key = { accessKeyId: 'AKIATESTERTESTERTEST', secretAccessKey: 'secret' }
const role_arn = 'arn:aws:iam::123456789012:role/reader'

function settings(params: Readonly<Record<string, string>>): KinloaderSettings {
  return readSettings(new Map(Object.entries({ stream: 'orders', region: 'us-east-1', ...params })))
}

describe('the connection of an input to Kinesis', () => {
  let engine: KinesisEngine
  let door: HttpDoor
  let proxy: HttpProxy

  beforeEach(async () => {
    engine = new KinesisEngine({ clock: systemClock, accessKeyIds: [key.accessKeyId], limits: 'none' })
    engine.createStream('orders')
    door = await startKinesisServer(engine, { clock: systemClock })
    proxy = await startHttpProxy({ port: Number(new URL(door.endpoint).port) })
  })

  afterEach(async () => {
    await proxy.close()
    await door.close()
  })

  it('is with the key, at the endpoint, about the stream of the settings', async () => {
    const { stream } = connectKinesis({ settings: settings({ endpoint: door.endpoint }), key, environment: {} })
    assert.equal((await stream.describe(live)).name, 'orders')
    const other = settings({ endpoint: door.endpoint, region: 'us-west-2' })
    await assert.rejects(connectKinesis({ settings: other, key, environment: {} }).stream.describe(live), {
      name: 'InvalidSignatureException',
    })
  })

  it('is with the role, where one is named', async () => {
    const params = { endpoint: door.endpoint, sts_endpoint: door.endpoint, role_arn, external_id: 'customer-7' }
    const { stream, credentials } = connectKinesis({ settings: settings(params), key, environment: {} })
    await stream.describe(live)
    assert.equal((await credentials()).sessionToken, 'token for customer-7')
  })

  it('is through the proxy, where one is named, but for endpoints on this machine', async () => {
    const far = 'http://aws.example:4567'
    for (const [endpoint, sts_endpoint, tunnels] of [
      [far, door.endpoint, 1],
      [door.endpoint, far, 1],
      [far, far, 2],
      [door.endpoint, door.endpoint, 0],
    ] as const) {
      proxy.tunnels.length = 0
      const params = { endpoint, sts_endpoint, role_arn, proxy: proxy.url }
      await connectKinesis({ settings: settings(params), key, environment: {} }).stream.describe(live)
      assert.equal(proxy.tunnels.length, tunnels, `${endpoint} ${sts_endpoint}`)
    }
  })

  it('waits as long as it is told to, and tries nothing twice then', async () => {
    engine.faults.inject({ operation: 'DescribeStreamSummary', times: Infinity, fault: { kind: 'hang' } })
    const connection = { settings: settings({ endpoint: door.endpoint }), key, environment: {}, requestTimeoutMs: 50 }
    await assert.rejects(connectKinesis(connection).stream.describe(live), { name: 'TimeoutError' })
    assert.equal(engine.calls.count('DescribeStreamSummary'), 1)
  })
})

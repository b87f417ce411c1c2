import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { Firehose, type PutRecordBatchCommandOutput } from '@aws-sdk/client-firehose'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { errorCode } from '../../../src/core/errors.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type FakeStreamOptions, FirehoseEngine } from './engine.ts'
import type { FirehoseFault } from './faults.ts'
import { startFakeFirehose } from './http-door.ts'
import { FirehoseDoor } from './sdk-door.ts'

interface World {
  readonly clock: VirtualClock
  readonly engine: FirehoseEngine
  readonly client: Firehose
  close(): Promise<void>
}

const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }

const doors: readonly (readonly [string, (stream: FakeStreamOptions) => Promise<World>])[] = [
  [
    'SDK door',
    async (stream) => {
      const clock = new VirtualClock()
      const engine = new FirehoseEngine({ clock })
      engine.createStream('logs', stream)
      const requestHandler = new FirehoseDoor(engine, { clock })
      const client = new Firehose({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 })
      return { clock, engine, client, async close() {} }
    },
  ],
  [
    'HTTP door',
    async (stream) => {
      const clock = new VirtualClock()
      const fake = await startFakeFirehose({ clock, streams: { logs: stream } })
      const { endpoint, engine } = fake
      const requestHandler = new NodeHttpHandler()
      const client = new Firehose({ region: 'us-east-1', endpoint, credentials, requestHandler, maxAttempts: 1 })
      return { clock, engine, client, close: () => fake.close() }
    },
  ],
]

for (const [name, open] of doors) {
  describe(`a fake Firehose at its ${name}`, () => {
    let world: World

    async function opened(stream: FakeStreamOptions = {}, fault?: FirehoseFault): Promise<World> {
      world = await open(stream)
      if (fault !== undefined) world.engine.faults.inject({ fault })
      return world
    }

    afterEach(() => world.close())

    const put = (...records: readonly Uint8Array[]): Promise<PutRecordBatchCommandOutput> =>
      world.client.putRecordBatch({ DeliveryStreamName: 'logs', Records: records.map((Data) => ({ Data })) })

    async function refuses(work: Promise<unknown>, code: string): Promise<void> {
      await assert.rejects(work, (error) => {
        assert.equal(errorCode(error), code)
        return true
      })
    }

    const some = (count: number, bytes = 4): Buffer[] => Array.from({ length: count }, () => Buffer.alloc(bytes, 'x'))
    const stored = (): string[] => world.engine.delivered.map(({ data }) => data.toString())

    it('stores records in order and gives each an id', async () => {
      await opened()
      const { FailedPutCount, RequestResponses } = await put(Buffer.from('a'), Buffer.from([0, 255]), Buffer.from('c'))
      assert.equal(FailedPutCount, 0)
      assert.equal(new Set(RequestResponses?.map(({ RecordId }) => RecordId)).size, 3)
      assert.deepEqual(
        world.engine.delivered.map(({ data }) => data.toString('hex')),
        ['61', '00ff', '63'],
      )
    })

    it('keeps the limits of AWS', async () => {
      await opened()
      await put(...some(500))
      await refuses(put(...some(501)), 'ValidationException')
      await refuses(put(), 'ValidationException')
      await put(...some(3, 1_024_000))
      await refuses(put(...some(1, 1_024_001)), 'ValidationException')
      await refuses(put(...some(4, 800_000)), 'InvalidArgumentException')
      await refuses(put(Buffer.alloc(0)), 'InvalidArgumentException')
      assert.equal(world.engine.deliveredRecords, 503)
    })

    it('knows its streams and their states', async () => {
      await opened({ status: 'CREATING' })
      await refuses(put(...some(1)), 'ResourceNotFoundException')
      const { DeliveryStreamDescription } = await world.client.describeDeliveryStream({ DeliveryStreamName: 'logs' })
      assert.equal(DeliveryStreamDescription?.DeliveryStreamStatus, 'CREATING')
      world.engine.createStream('logs', { type: 'KinesisStreamAsSource' })
      await refuses(put(...some(1)), 'InvalidArgumentException')
      world.engine.deleteStream('logs')
      await refuses(put(...some(1)), 'ResourceNotFoundException')
      await refuses(world.client.describeDeliveryStream({ DeliveryStreamName: 'logs' }), 'ResourceNotFoundException')
    })

    it('refuses entries beyond the quota, until time has passed', async () => {
      await opened({ recordsPerSecond: 3, bytesPerSecond: 100 })
      assert.equal((await put(...some(5))).FailedPutCount, 2)
      await world.clock.advance(1000)
      const { FailedPutCount, RequestResponses } = await put(...some(3, 40))
      assert.equal(FailedPutCount, 1)
      const { ErrorCode, ErrorMessage } = RequestResponses?.[2] ?? {}
      assert.deepEqual([ErrorCode, ErrorMessage], ['ServiceUnavailableException', 'Slow down.'])
    })

    for (const [what, fault, code, count] of [
      ['throttles a call', { kind: 'throttle' }, 'ServiceUnavailableException', 0],
      ['answers with an error', { kind: 'error', name: 'AccessDeniedException' }, 'AccessDeniedException', 0],
      ['breaks the connection before it stores', { kind: 'reset' }, 'ECONNRESET', 0],
      ['breaks the connection after it stored', { kind: 'lost-answer' }, 'ECONNRESET', 1],
    ] as const) {
      it(`${what}, once`, async () => {
        await opened({}, fault)
        await refuses(put(...some(1)), code)
        assert.equal(world.engine.deliveredRecords, count)
        await put(...some(1))
        assert.equal(world.engine.deliveredRecords, count + 1)
        assert.deepEqual(
          world.engine.calls.map(({ error }) => error !== undefined),
          [true, false],
        )
      })
    }

    it('answers as a server which is no Firehose', async () => {
      await opened({}, { kind: 'http', status: 502, body: '<html>' })
      await assert.rejects(put(...some(1)))
      assert.equal(world.engine.deliveredRecords, 0)
    })

    it('fails some entries, or all', async () => {
      await opened({}, { kind: 'fail-entries', indexes: [1], code: 'InternalFailure' })
      assert.deepEqual(
        (await put(Buffer.from('a'), Buffer.from('b'))).RequestResponses?.map(({ ErrorCode }) => ErrorCode),
        [undefined, 'InternalFailure'],
      )
      world.engine.faults.inject({ fault: { kind: 'fail-entries', indexes: 'all' } })
      assert.equal((await put(...some(3))).FailedPutCount, 3)
      assert.deepEqual(stored(), ['a'])
    })

    it('leaves entries out of its answer', async () => {
      await opened({}, { kind: 'short-list', missing: 1 })
      assert.equal((await put(...some(3))).RequestResponses?.length, 2)
      assert.equal(world.engine.deliveredRecords, 3)
    })

    it('refuses a request because of a marked record', async () => {
      await opened()
      world.engine.refuses = (data) => Buffer.from(data).includes('bad')
      await refuses(put(Buffer.from('good'), Buffer.from('bad')), 'InvalidArgumentException')
      await put(Buffer.from('good'))
      assert.deepEqual(stored(), ['good'])
    })

    it('answers late, and not at all', async () => {
      await opened({}, { kind: 'delay', ms: 5000 })
      const late = put(...some(1))
      if (name === 'SDK door') await world.clock.runUntil(late)
      else {
        while (world.clock.sleepers === 0) await new Promise((resolve) => setImmediate(resolve))
        await world.clock.advance(5000)
        await late
      }
      world.engine.faults.inject({ fault: { kind: 'hang' } })
      const stop = new AbortController()
      const never = world.client.putRecordBatch(
        { DeliveryStreamName: 'logs', Records: [{ Data: Buffer.from('x') }] },
        { abortSignal: stop.signal },
      )
      while (world.engine.calls.length < 2) await new Promise((resolve) => setImmediate(resolve))
      stop.abort()
      await refuses(never, 'AbortError')
      assert.equal(world.engine.deliveredRecords, 1)
    })
  })
}

describe('the records of a fake Firehose', () => {
  it('can be had as documents, also several of one record', async () => {
    const fake = await startFakeFirehose()
    const [one, two] = [{ owner: 'a', text: 'é}{' }, { owner: 'b' }]
    const members = [one, two].map((document) => gzipSync(JSON.stringify(document)))
    fake.engine.putRecordBatch({ name: 'logs', records: [Buffer.concat(members), gzipSync('{"c":1}')] }, 100)
    assert.deepEqual(fake.documents('logs'), [one, two, { c: 1 }])
    assert.equal(fake.records().length, 2)
    await fake.close()
    await fake.close()
  })
})

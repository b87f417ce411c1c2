import assert from 'node:assert/strict'
import { createKinesisClient } from '../../src/clients/aws.ts'
import { kinesisFault } from '../../src/clients/kinesis-errors.ts'
import { KinesisStream } from '../../src/clients/kinesis-stream.ts'
import { KinloaderError } from '../../src/core/errors.ts'
import { type EngineOptions, KinesisEngine } from '../fakes/kinesis/engine.ts'
import { AwsError } from '../fakes/kinesis/errors.ts'
import { SdkDoor } from '../fakes/kinesis/sdk-door.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const live = new AbortController().signal
const first = 'shardId-000000000000'
const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders'

interface Asked {
  readonly operation: string
  readonly members: Readonly<Record<string, unknown>>
}

interface World {
  readonly engine: KinesisEngine
  readonly clock: VirtualClock
  /** What was asked, in order. */
  readonly asked: Asked[]
  /** Called before each call is carried out; may throw an answer. */
  onCall: (call: Asked) => void
  readonly open: (stream?: { readonly name: string; readonly arn?: string }) => KinesisStream
}

function world(options: Partial<EngineOptions> & { readonly shards?: number } = {}): World {
  const { shards = 1, ...rest } = options
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock, limits: 'none', ...rest })
  engine.createStream('orders', { shards })
  const client = createKinesisClient({
    region: 'us-east-1',
    credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
    requestHandler: new SdkDoor(engine, { clock }),
  })
  const made: World = {
    engine,
    clock,
    asked: [],
    onCall: () => {},
    open: (stream = { name: 'orders' }) => new KinesisStream(client, stream),
  }
  const execute = engine.execute.bind(engine)
  engine.execute = (operation, members, flags) => {
    const call = { operation, members: members as Asked['members'] }
    made.asked.push(call)
    made.onCall(call)
    return execute(operation, members, flags)
  }
  return made
}

describe('a stream of Kinesis', () => {
  it('is described: what it is, and what time it is there', async () => {
    const { engine, clock, open } = world({ retentionMs: 48 * 3_600_000 })
    await clock.advance(90_400)
    assert.deepEqual(await open().describe(live), {
      arn,
      name: 'orders',
      status: 'ACTIVE',
      createdMs: engine.stream('orders').createdMs,
      retentionMs: 48 * 3_600_000,
      serverTimeMs: Math.floor(clock.now() / 1000) * 1000,
    })
  })

  it('is known by its name until it is described, and by its ARN in every call after that', async () => {
    const { asked, open } = world()
    const stream = open()
    await stream.iterator(first, { type: 'TRIM_HORIZON' }, live)
    await stream.describe(live)
    await stream.describe(live)
    await stream.shards({ Type: 'AT_LATEST' }, live)
    await stream.records(await stream.iterator(first, { type: 'TRIM_HORIZON' }, live), 10, live)
    await stream.checkRead(first, live)
    assert.equal(asked.length, 8)
    for (const [index, { operation, members }] of asked.entries()) {
      const { StreamName, StreamARN } = members
      assert.deepEqual([StreamName, StreamARN], index < 2 ? ['orders', undefined] : [undefined, arn], operation)
    }
  })

  it('given by its ARN never goes by its name', async () => {
    const { asked, open } = world()
    await open({ name: 'orders', arn }).describe(live)
    assert.deepEqual(asked[0]?.members, { StreamARN: arn })
  })

  for (const described of [false, true]) {
    it(`lists its shards page by page, the token without name and filter${described ? ', with the ARN' : ''}`, async () => {
      const { asked, open } = world({ shards: 5, pageSize: 2 })
      const stream = open()
      if (described) await stream.describe(live)
      asked.length = 0
      const shards = await stream.shards({ Type: 'AT_LATEST' }, live)
      assert.deepEqual(
        shards.map(({ ShardId }) => ShardId?.at(-1)),
        ['0', '1', '2', '3', '4'],
      )
      const target = described ? { StreamARN: arn } : {}
      assert.deepEqual(asked[0]?.members, {
        ...(described ? target : { StreamName: 'orders' }),
        ShardFilter: { Type: 'AT_LATEST' },
      })
      for (const { members } of asked.slice(1)) {
        const { NextToken, ...others } = members
        assert.deepEqual([typeof NextToken, others], ['string', target])
      }
      assert.equal(asked.length, 3)
    })
  }

  it('lists all of its shards where no filter is given', async () => {
    const { asked, engine, open } = world({ shards: 2 })
    engine.split('orders', first)
    assert.equal((await open().shards(undefined, live)).length, 4)
    assert.deepEqual(asked[0]?.members, { StreamName: 'orders' })
  })

  it('is listed from the beginning again when a token expires', async () => {
    const made = world({ shards: 5, pageSize: 2 })
    let expired = 0
    made.onCall = ({ members }) => {
      if (members['NextToken'] === undefined || expired === 2) return
      expired += 1
      throw new AwsError('ExpiredNextTokenException', 'NextToken has expired.')
    }
    const shards = await made.open().shards(undefined, live)
    assert.deepEqual(
      shards.map(({ ShardId }) => ShardId?.at(-1)),
      ['0', '1', '2', '3', '4'],
    )
    assert.equal(made.asked.length, 2 + 2 + 3)
  })

  it('is not listed for ever when tokens keep expiring: three times', async () => {
    const { asked, open } = world({ shards: 5, pageSize: 2, tokenLifetimeMs: 0 })
    await assert.rejects(open().shards(undefined, live), { name: 'ExpiredNextTokenException' })
    assert.equal(asked.length, 6)
  })

  it('is not listed again for any other error', async () => {
    const { engine, open } = world()
    engine.faults.inject({ operation: 'ListShards', fault: { kind: 'throttle' } })
    await assert.rejects(open().shards(undefined, live), { name: 'LimitExceededException' })
    assert.equal(engine.calls.count('ListShards'), 1)
  })

  it('gives iterators for each kind of start', async () => {
    const { asked, engine, clock, open } = world()
    const stream = open()
    const { sequenceNumber } = engine.put('orders', { data: 'a' })
    await clock.advance(10_500)
    const timeMs = clock.now() - 250
    engine.put('orders', { data: 'b' })
    const read = async (start: Parameters<KinesisStream['iterator']>[1]): Promise<string[]> => {
      const { Records } = await stream.records(await stream.iterator(first, start, live), 10, live)
      return Records?.map(({ Data }) => Buffer.from(Data ?? []).toString()) ?? []
    }
    assert.deepEqual(await read({ type: 'TRIM_HORIZON' }), ['a', 'b'])
    assert.deepEqual(await read({ type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }), ['b'])
    assert.deepEqual(await read({ type: 'AT_TIMESTAMP', timeMs }), ['b'])
    const iterators = asked.filter(({ operation }) => operation === 'GetShardIterator')
    assert.equal(iterators.at(-1)?.members['Timestamp'], timeMs / 1000, 'to the millisecond')
  })

  it('gives as many records as are asked for', async () => {
    const { engine, open } = world()
    for (const data of ['a', 'b', 'c']) engine.put('orders', { data })
    const stream = open()
    const iterator = await stream.iterator(first, { type: 'TRIM_HORIZON' }, live)
    assert.equal((await stream.records(iterator, 2, live)).Records?.length, 2)
  })

  for (const [what, operation, body, call] of [
    [
      'description',
      'DescribeStreamSummary',
      '{"StreamDescriptionSummary":{}}',
      (stream: KinesisStream) => stream.describe(live),
    ],
    ['description', 'DescribeStreamSummary', '{}', (stream: KinesisStream) => stream.describe(live)],
    [
      'iterator',
      'GetShardIterator',
      '',
      (stream: KinesisStream) => stream.iterator(first, { type: 'TRIM_HORIZON' }, live),
    ],
    ['records', 'GetRecords', '', (stream: KinesisStream) => stream.records('iterator', 1, live)],
    ['records', 'GetRecords', '{"Records":null}', (stream: KinesisStream) => stream.records('iterator', 1, live)],
  ] as const) {
    it(`takes an answer without ${what} for no answer: ${body}`, async () => {
      // Records which are not there at all must never look like the end of a shard.
      const { engine, open } = world()
      engine.faults.inject({ operation, fault: { kind: 'http', status: 200, body } })
      await assert.rejects(call(open()), (error) => {
        assert.ok(error instanceof KinloaderError)
        assert.deepEqual([error.code, error.retryable], ['BAD_ANSWER', true])
        assert.equal(kinesisFault(error), 'transient')
        return true
      })
    })
  }

  it('is asked once: what an error means depends on who asks', async () => {
    const { engine, open } = world()
    engine.faults.inject({ operation: '*', times: Infinity, fault: { kind: 'http', status: 500 } })
    const stream = open()
    await assert.rejects(stream.describe(live))
    await assert.rejects(stream.records('iterator', 1, live))
    assert.equal(engine.calls.entries.length, 2)
  })

  it('ends a call with its signal', async () => {
    const { engine, open } = world()
    engine.faults.inject({ operation: '*', times: Infinity, fault: { kind: 'hang' } })
    const stream = open()
    for (const call of [
      (signal: AbortSignal) => stream.describe(signal),
      (signal: AbortSignal) => stream.shards(undefined, signal),
      (signal: AbortSignal) => stream.iterator(first, { type: 'TRIM_HORIZON' }, signal),
      (signal: AbortSignal) => stream.records('iterator', 1, signal),
      (signal: AbortSignal) => stream.checkRead(first, signal),
      (signal: AbortSignal) => {
        engine.faults.clear()
        engine.faults.inject({ operation: 'GetRecords', fault: { kind: 'hang' } })
        return stream.checkRead(first, signal)
      },
    ]) {
      const ending = new AbortController()
      const running = call(ending.signal)
      running.catch(() => undefined)
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      ending.abort()
      await assert.rejects(running, (error) => kinesisFault(error) === 'aborted')
    }
  })
})

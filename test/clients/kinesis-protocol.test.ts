import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  KinesisClient,
  type GetRecordsCommandOutput,
} from '@aws-sdk/client-kinesis'
import { HttpResponse } from '@smithy/core/transport'
import fc from 'fast-check'
import { Base64Text } from '../../src/core/base64-text.ts'
import { createKinesisClient } from '../../src/clients/aws.ts'
import { AnsweredRecord } from '../../src/clients/kinesis-answer.ts'
import { kinesisFault } from '../../src/clients/kinesis-errors.ts'

/** A client's network which gives one answer to everything. */
class Canned {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  body: Uint8Array = new Uint8Array()
  status = 200

  async handle(): Promise<{ response: HttpResponse }> {
    const headers = { 'content-type': 'application/x-amz-json-1.1' }
    const body = Readable.from([this.body], { objectMode: false })
    return { response: new HttpResponse({ statusCode: this.status, headers, body }) }
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  destroy(): void {}
}

const network = new Canned()
const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }
const ours = createKinesisClient({
  region: 'us-east-1',
  credentials: () => Promise.resolve(credentials),
  requestHandler: network,
})
const theirs = new KinesisClient({ region: 'us-east-1', credentials, requestHandler: network, maxAttempts: 1 })

async function ask(client: KinesisClient, answer: unknown): Promise<Record<string, unknown>> {
  network.status = 200
  network.body = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer))
  return plain(await client.send(new GetRecordsCommand({ ShardIterator: 'iterator' })))
}

/** Without the request's own particulars and without members that are undefined, bytes in hex. */
function plain({ Records, ...rest }: GetRecordsCommandOutput): Record<string, unknown> {
  const records = Records?.map(({ Data, ...record }) => ({
    ...present(record),
    ...(Data !== undefined && { Data: Buffer.from(Data).toString('hex') }),
  }))
  return present({ ...rest, $metadata: undefined, Records: records })
}

function present(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

const plainObject = { noNullPrototype: true }

function nullable<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { nil: null, freq: 8 })
}

/** Seconds since 1970 with up to six decimals, as the service writes them. */
const seconds = fc
  .tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 6 }), fc.nat(999_999))
  .map(([whole, digits, fraction]) => Number(`${whole}.${String(fraction).padStart(6, '0').slice(0, digits)}0`))

const record = fc.record(
  {
    SequenceNumber: nullable(fc.bigInt({ min: 1n, max: 10n ** 56n }).map(String)),
    Data: nullable(fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('base64'))),
    PartitionKey: nullable(fc.string({ unit: 'grapheme', maxLength: 30 })),
    ApproximateArrivalTimestamp: nullable(seconds),
    EncryptionType: nullable(fc.constantFrom('NONE', 'KMS')),
  },
  { requiredKeys: [], ...plainObject },
)

const child = fc.record(
  {
    ShardId: fc.string(),
    ParentShards: fc.array(fc.string(), { maxLength: 2 }),
    HashKeyRange: fc.record({ StartingHashKey: fc.string(), EndingHashKey: fc.string() }, plainObject),
  },
  plainObject,
)

const answers = fc.record(
  {
    Records: nullable(fc.array(record, { maxLength: 8 })),
    NextShardIterator: nullable(fc.string()),
    MillisBehindLatest: nullable(fc.nat()),
    ChildShards: nullable(fc.array(child, { maxLength: 2 })),
  },
  { requiredKeys: [], ...plainObject },
)

describe('the fast way through a GetRecords answer', () => {
  it("gives what the SDK's own gives", async () => {
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        assert.deepEqual(await ask(ours, answer), await ask(theirs, answer))
      }),
      { numRuns: 300 },
    )
  })

  it('gives bytes, dates and texts', async () => {
    const answer = await ask(ours, {
      Records: [{ Data: 'AP8=', SequenceNumber: '4961', ApproximateArrivalTimestamp: 1_700_000_000.123 }],
      NextShardIterator: null,
      MillisBehindLatest: 5,
    })
    assert.deepEqual(answer, {
      Records: [{ Data: '00ff', SequenceNumber: '4961', ApproximateArrivalTimestamp: new Date(1_700_000_000_123) }],
      MillisBehindLatest: 5,
    })
  })

  const strangeForms: readonly (readonly [string, string])[] = [
    ['escapes in its data', String.raw`{"Records":[{"SequenceNumber":"1","Data":"\/\/8="},{"Data":"AP8="}]}`],
    ['spaces', '{ "Records": [ { "Data" : "AP8=" , "SequenceNumber": "1" }, { "Data":"/w==" } ] }'],
    [
      'keys like its members',
      String.raw`{"Records":[{"PartitionKey":"Data","Data":"AP8="},{"PartitionKey":"\"Data","Data":"/w=="}]}`,
    ],
    ['members in a key', String.raw`{"Records":[{"PartitionKey":"\"Data\":\"/w==\"","Data":"AP8="}]}`],
    ['a null and no data', '{"Records":[{"Data":"AP8="},{"Data":null},{"Data":""}]}'],
  ]
  for (const [what, body] of strangeForms) {
    it(`gives what the SDK's own gives of an answer with ${what}`, async () => {
      assert.deepEqual(await ask(ours, body), await ask(theirs, body))
    })
  }

  it('keeps data in base64 as it came, when it may be passed on', async () => {
    network.body = Buffer.from(
      String.raw`{"Records":[{"SequenceNumber":"1","Data":"AP8="},{"SequenceNumber":"2","Data": "AP8="}]}`,
    )
    const { Records = [] } = await ours.send(new GetRecordsCommand({ ShardIterator: 'iterator' }))
    const texts = Records.map((one) => (one instanceof AnsweredRecord ? one.base64?.text.toString() : 'none'))
    assert.deepEqual(texts, ['AP8=', undefined])
  })

  it('decodes no data before it is asked for', async () => {
    network.body = Buffer.from('{"Records":[{"SequenceNumber":"1","Data":"AP8="}]}')
    const method = Object.getOwnPropertyDescriptor(Base64Text.prototype, 'decode')
    assert.ok(method)
    let decoded = 0
    Base64Text.prototype.decode = () => {
      decoded += 1
      return Buffer.from([0, 255])
    }
    try {
      const { Records } = await ours.send(new GetRecordsCommand({ ShardIterator: 'iterator' }))
      assert.equal(decoded, 0)
      assert.deepEqual([Records?.[0]?.Data, decoded], [Buffer.from([0, 255]), 1])
    } finally {
      Object.defineProperty(Base64Text.prototype, 'decode', method)
    }
  })

  for (const body of [
    '{"Records":[{"Data":"',
    '{"Records":[{"Data":0},{"Data":"AP8="}]}',
    'null',
    '[',
    '<html>',
    '{"Records":7}',
    '{"Records":[null]}',
  ]) {
    it(`makes a transient error of ${body}`, async () => {
      await assert.rejects(ask(ours, body), (error) => {
        assert.equal(kinesisFault(error), 'transient', String(error))
        return true
      })
    })
  }

  it('leaves errors and other operations to the SDK', async () => {
    network.status = 400
    network.body = Buffer.from('{"__type":"com.amazonaws#ExpiredIteratorException","message":"Iterator expired."}')
    const command = new GetRecordsCommand({ ShardIterator: 'iterator' })
    await assert.rejects(ours.send(command), { name: 'ExpiredIteratorException', message: 'Iterator expired.' })
    network.status = 200
    network.body = Buffer.from(
      '{"StreamDescriptionSummary":{"StreamName":"a","StreamCreationTimestamp":1.5,"KeyId":null}}',
    )
    const { StreamDescriptionSummary: summary } = await ours.send(new DescribeStreamSummaryCommand({}))
    assert.deepEqual(summary?.StreamCreationTimestamp, new Date(1500))
  })
})

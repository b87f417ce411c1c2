import { TokenBucket } from '../../../src/core/backoff.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { AwsError, invalidArgument, notFound, validation } from '../kinesis/errors.ts'
import type { Json } from '../kinesis/json.ts'
import { FirehoseFaults } from './faults.ts'

export interface FirehoseEngineOptions {
  readonly clock: Clock
  /** Default 123456789012. */
  readonly accountId?: string
  /** Default us-east-1. */
  readonly region?: string
  /** Counts records and forgets them, for benches. Default false. */
  readonly discard?: boolean
}

export interface FakeStreamOptions {
  /** Default ACTIVE. Only an ACTIVE stream takes records. */
  readonly status?: 'ACTIVE' | 'CREATING' | 'CREATING_FAILED' | 'DELETING' | 'DELETING_FAILED'
  /** Default DirectPut. */
  readonly type?: 'DirectPut' | 'KinesisStreamAsSource' | 'MSKAsSource'
  /** Quota: what goes beyond within a second is refused entry by entry. Default Infinity. */
  readonly bytesPerSecond?: number
  readonly recordsPerSecond?: number
}

export interface DeliveredRecord {
  readonly stream: string
  readonly data: Buffer
  readonly recordId: string
  /** Wall-clock milliseconds of the fake's clock. */
  readonly atMs: number
}

export interface FirehoseCall {
  readonly operation: string
  readonly atMs: number
  /** Of PutRecordBatch; else 0. */
  readonly records: number
  /** Of the request's body. */
  readonly bodyBytes: number
  /** The AWS error's name or the fault's kind; undefined when all was well. */
  error: string | undefined
}

interface FakeStream {
  readonly options: FakeStreamOptions
  readonly bytes: TokenBucket
  readonly records: TokenBucket
}

/** AWS's limits of PutRecordBatch. The 4 MiB are taken to mean the request as it is sent, the stricter reading. */
const limits = { records: 500, requestBytes: 4 * 1024 * 1024, recordBytes: 1_024_000 }

const maxCalls = 100_000

/** Delivery streams which keep what they are given, in the order of arrival. */
export class FirehoseEngine {
  readonly clock: Clock
  readonly accountId: string
  readonly region: string
  readonly faults = new FirehoseFaults()
  /** The last 100,000, oldest first. */
  readonly calls: FirehoseCall[] = []
  /** All of a stream's records, oldest first; empty with `discard`. */
  readonly delivered: DeliveredRecord[] = []
  deliveredRecords = 0
  deliveredBytes = 0
  /** A request with such a record is refused as a whole, InvalidArgumentException. */
  refuses: (data: Uint8Array) => boolean = () => false
  readonly #discard: boolean
  readonly #streams = new Map<string, FakeStream>()

  constructor({ clock, accountId = '123456789012', region = 'us-east-1', discard = false }: FirehoseEngineOptions) {
    this.clock = clock
    this.accountId = accountId
    this.region = region
    this.#discard = discard
  }

  createStream(name: string, options: FakeStreamOptions = {}): void {
    const { clock } = this
    const { bytesPerSecond = Infinity, recordsPerSecond = Infinity } = options
    this.#streams.set(name, {
      options,
      bytes: new TokenBucket({ clock, perSecond: bytesPerSecond, burst: bytesPerSecond }),
      records: new TokenBucket({ clock, perSecond: recordsPerSecond, burst: recordsPerSecond }),
    })
  }

  deleteStream(name: string): void {
    this.#streams.delete(name)
  }

  begin(operation: string, records: number, bodyBytes: number): FirehoseCall {
    const call = { operation, atMs: this.clock.now(), records, bodyBytes, error: undefined }
    this.calls.push(call)
    if (this.calls.length > maxCalls) this.calls.splice(0, maxCalls / 10)
    return call
  }

  /** `refusedEntries`: the code and the places of those refused whatever the limits say. */
  putRecordBatch(members: PutMembers, bodyBytes: number, refusedEntries?: RefusedEntries): Json {
    const { name, records } = members
    const stream = this.#stream(name)
    const { status = 'ACTIVE', type = 'DirectPut' } = stream.options
    if (status !== 'ACTIVE') throw notFound(`Firehose ${name} under account ${this.accountId} not found.`)
    if (type !== 'DirectPut') {
      throw invalidArgument(`This operation is not permitted on ${type} delivery stream type.`)
    }
    this.#check(records, bodyBytes)
    let failed = 0
    const RequestResponses = records.map((data, index): Json => {
      const code = refusedCode(refusedEntries, index) ?? this.#quota(stream, data.length)
      if (code === undefined) return { RecordId: this.#store(name, data) }
      failed += 1
      const ErrorMessage = code === 'ServiceUnavailableException' ? 'Slow down.' : 'Internal failure.'
      return { ErrorCode: code, ErrorMessage }
    })
    return { FailedPutCount: failed, Encrypted: false, RequestResponses }
  }

  describe(name: string): Json {
    const { status = 'ACTIVE', type = 'DirectPut' } = this.#stream(name).options
    return {
      DeliveryStreamDescription: {
        DeliveryStreamName: name,
        DeliveryStreamARN: `arn:aws:firehose:${this.region}:${this.accountId}:deliverystream/${name}`,
        DeliveryStreamStatus: status,
        DeliveryStreamType: type,
        VersionId: '1',
        Destinations: [],
        HasMoreDestinations: false,
      },
    }
  }

  #stream(name: string): FakeStream {
    const stream = this.#streams.get(name)
    if (stream === undefined) throw notFound(`Firehose ${name} under account ${this.accountId} not found.`)
    return stream
  }

  #check(records: readonly Buffer[], bodyBytes: number): void {
    if (records.length > limits.records) {
      throw validation('records', '[…]', `Member must have length less than or equal to ${limits.records}`)
    }
    for (const [index, data] of records.entries()) {
      if (data.length <= limits.recordBytes) continue
      const where = `records.${index + 1}.member.data`
      throw validation(where, 'java.nio.HeapByteBuffer', 'Member must have length less than or equal to 1024000')
    }
    if (bodyBytes > limits.requestBytes) throw invalidArgument('Records size exceeds 4 MB limit')
    if (records.some(({ length }) => length === 0)) throw invalidArgument('Record data must not be empty.')
    if (records.some((data) => this.refuses(data))) throw invalidArgument('A record is not valid.')
  }

  #quota({ bytes, records }: FakeStream, length: number): string | undefined {
    if (bytes.balance < length || records.balance < 1) return 'ServiceUnavailableException'
    bytes.take(length)
    records.take(1)
    return undefined
  }

  #store(stream: string, data: Buffer): string {
    this.deliveredRecords += 1
    this.deliveredBytes += data.length
    const recordId = `record-id-${this.deliveredRecords}`
    if (!this.#discard) this.delivered.push({ stream, data, recordId, atMs: this.clock.now() })
    return recordId
  }
}

interface RefusedEntries {
  readonly indexes: readonly number[] | 'all'
  readonly code: string
}

function refusedCode(refused: RefusedEntries | undefined, index: number): string | undefined {
  if (refused === undefined) return undefined
  return refused.indexes === 'all' || refused.indexes.includes(index) ? refused.code : undefined
}

export interface PutMembers {
  readonly name: string
  readonly records: readonly Buffer[]
}

/** The members of a PutRecordBatch as the wire has them. */
export function putMembers(body: unknown): PutMembers {
  if (!isObject(body))
    throw new AwsError('SerializationException', 'Start of structure or map found where not expected.')
  const { DeliveryStreamName: name, Records: records } = body
  if (typeof name !== 'string') throw validation('deliveryStreamName', 'null', 'Member must not be null')
  if (!Array.isArray(records) || records.length === 0) {
    throw validation('records', '[]', 'Member must have length greater than or equal to 1')
  }
  return {
    name,
    records: records.map((record: unknown) => {
      if (isObject(record) && typeof record['Data'] === 'string') return Buffer.from(record['Data'], 'base64')
      throw validation('records.1.member.data', 'null', 'Member must not be null')
    }),
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

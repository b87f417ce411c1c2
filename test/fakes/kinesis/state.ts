import type { Clock } from '../../../src/core/clock.ts'
import { CallLog } from './calls.ts'
import { AwsError, notFound, throughputExceeded } from './errors.ts'
import { Faults } from './faults.ts'
import type { Input } from './input.ts'
import { Allowances, awsLimits, type Limits } from './limits.ts'
import type { Shard } from './shard.ts'
import { Stream, type StreamOptions } from './stream.ts'
import { Seal } from './token.ts'

export interface KinesisOptions {
  clock: Clock
  /** Default 123456789012. */
  accountId?: string
  /** Default us-east-1. */
  region?: string
  /** What to refuse. Default: all that AWS refuses; single values change it, `none` refuses no rate at all. */
  limits?: Partial<Limits> | 'none'
  /** Default 300,000. */
  iteratorLifetimeMs?: number
  /** NextToken of ListShards. Default 300,000. */
  tokenLifetimeMs?: number
  /** Of new streams. Default 24 h. */
  retentionMs?: number
  /** How long the API's CreateStream, DeleteStream and each step of a reshard take. Default 0. */
  shardDelayMs?: number
  /** Shards per page of ListShards, whatever MaxResults says. Default 1,000. */
  pageSize?: number
  /** A starting sequence number older than retention: begins at the oldest record, or is refused. Default `trim`. */
  expiredPosition?: 'trim' | 'refuse'
  /** AFTER the last record of a closed shard: "max possible value", or an iterator at the end. Default `refuse`. */
  finishedPosition?: 'refuse' | 'read'
  /** The null iterator comes with the last records, or in an answer of its own. Default `with-records`. */
  shardEnd?: 'with-records' | 'own-answer'
  /** Whether a shard's last answer names its children. Default `told`. */
  childShards?: 'told' | 'untold'
  /** Whether the endpoint knows the flag; if not, calls are carried out as if it were absent. Default true. */
  dryRun?: boolean
  /** AT_TIMESTAMP is approximate: it may begin that much early. Default 0. */
  timestampSlackMs?: number
  /** Added to the arrival time readers are told, record by record; may be negative. Default none. */
  arrivalShiftMs?: () => number
}

/** What all operations share: the streams, the time, the limits, the log. */
export class KinesisState {
  readonly options: Readonly<Required<Omit<KinesisOptions, 'limits'>>>
  readonly clock: Clock
  readonly faults = new Faults()
  readonly calls = new CallLog()
  readonly seal: Seal
  readonly limits: Readonly<Limits>
  readonly readCalls: Allowances
  readonly readBytes: Allowances
  readonly iteratorCalls: Allowances
  readonly writeRecords: Allowances
  readonly writeBytes: Allowances
  readonly #controlCalls = new Map<string, Allowances>()
  readonly #streams = new Map<string, Stream>()
  readonly #epochMs: number
  #incarnations = 0

  constructor(options: KinesisOptions) {
    this.clock = options.clock
    this.#epochMs = options.clock.now() - options.clock.monotonic()
    this.options = {
      accountId: '123456789012',
      region: 'us-east-1',
      iteratorLifetimeMs: 300_000,
      tokenLifetimeMs: 300_000,
      retentionMs: 24 * 3_600_000,
      shardDelayMs: 0,
      pageSize: 1000,
      expiredPosition: 'trim',
      finishedPosition: 'refuse',
      shardEnd: 'with-records',
      childShards: 'told',
      dryRun: true,
      timestampSlackMs: 0,
      arrivalShiftMs: () => 0,
      ...options,
    }
    this.limits = options.limits === 'none' ? unlimited() : { ...awsLimits, ...options.limits }
    this.seal = new Seal(`${this.options.accountId} ${this.options.region}`)
    this.readCalls = new Allowances(this.limits.readCallsPerSecond)
    this.readBytes = new Allowances(this.limits.readBytesPerSecond, this.limits.readAllowanceBytes)
    this.iteratorCalls = new Allowances(this.limits.iteratorCallsPerSecond)
    this.writeRecords = new Allowances(this.limits.writeRecordsPerSecond)
    this.writeBytes = new Allowances(this.limits.writeBytesPerSecond)
  }

  /** The server's own true time: a step of the clients' wall clock makes them wrong, not the server. */
  now(): number {
    return this.#epochMs + this.clock.monotonic()
  }

  get streams(): readonly Stream[] {
    return [...this.#streams.values()]
  }

  find(name: string): Stream | undefined {
    const stream = this.#streams.get(name)
    stream?.catchUp(this.now())
    return this.#streams.has(name) ? stream : undefined
  }

  /** The stream, or the service's ResourceNotFoundException. */
  stream(name: string): Stream {
    const stream = this.find(name)
    if (stream === undefined) throw notFound(`Stream ${name} under account ${this.options.accountId} not found.`)
    return stream
  }

  /** By StreamName or StreamARN, as every operation takes it. */
  streamOf(input: Input): Stream {
    const arn = input.text('StreamARN', /^(?:arn:aws.*:kinesis:.*:\d{12}:\S+)$/)
    if (arn === undefined) return this.stream(input.needText('StreamName', /^(?:[a-zA-Z0-9_.-]+)$/))
    const stream = this.find(arn.slice(arn.indexOf('/') + 1))
    if (stream?.arn !== arn) throw notFound(`Stream ${arn} under account ${this.options.accountId} not found.`)
    return stream
  }

  /** The same for calls which carry data: they do not see a stream that is being created or deleted. */
  readableStreamOf(input: Input): Stream {
    const stream = this.streamOf(input)
    if (stream.status !== 'CREATING') return stream
    throw notFound(`Stream ${stream.name} under account ${this.options.accountId} not found.`)
  }

  shard(stream: Stream, shardId: string): Shard {
    const shard = stream.shard(shardId)
    if (shard !== undefined) return shard
    const { accountId } = this.options
    throw notFound(`Shard ${shardId} in stream ${stream.name} under account ${accountId} does not exist`)
  }

  create(name: string, options: Partial<StreamOptions> = {}): Stream {
    const { region, accountId, retentionMs } = this.options
    const stream = new Stream({
      name,
      arn: `arn:aws:kinesis:${region}:${accountId}:stream/${name}`,
      incarnation: ++this.#incarnations,
      createdMs: this.now(),
      shards: 1,
      retentionMs,
      maxRecordBytes: 1024 * 1024,
      onDemand: false,
      ...options,
    })
    this.#streams.set(name, stream)
    return stream
  }

  remove(stream: Stream): void {
    if (this.#streams.get(stream.name) === stream) this.#streams.delete(stream.name)
  }

  /** Counts the call against a per-shard limit, or refuses it. */
  chargeCall(allowances: Allowances, operation: string, stream: Stream, shard: Shard): void {
    const key = shardKey(stream, shard)
    if (!allowances.has(key, 1, this.now())) this.refuseShard(operation, stream, shard)
    allowances.spend(key, 1, this.now())
  }

  refuseShard(operation: string, stream: Stream, shard: Shard): never {
    this.calls.refusedByLimit(operation, shard.id)
    throw throughputExceeded(shard.id, stream.name, this.options.accountId)
  }

  /** Counts the call against an account's (or a stream's) limit of control calls, or refuses it. */
  chargeControl(operation: string, streamName = ''): void {
    let allowances = this.#controlCalls.get(operation)
    if (allowances === undefined) {
      allowances = new Allowances(this.#controlRate(operation))
      this.#controlCalls.set(operation, allowances)
    }
    if (!allowances.has(streamName, 1, this.now())) {
      this.calls.refusedByLimit(operation, undefined)
      throw new AwsError('LimitExceededException', this.controlRefusal(streamName))
    }
    allowances.spend(streamName, 1, this.now())
  }

  controlRefusal(streamName = ''): string {
    const { accountId } = this.options
    return streamName === ''
      ? `Rate exceeded for account ${accountId}.`
      : `Rate exceeded for stream ${streamName} under account ${accountId}.`
  }

  #controlRate(operation: string): number {
    if (operation === 'ListShards') return this.limits.listCallsPerSecond
    if (operation === 'DescribeStreamSummary') return this.limits.summaryCallsPerSecond
    if (operation === 'DescribeStream' || operation === 'UpdateShardCount') return this.limits.describeCallsPerSecond
    return this.limits.controlCallsPerSecond
  }
}

/** Limits are kept for this incarnation of the stream. */
export function shardKey(stream: Stream, shard: Shard): string {
  return `${stream.incarnation} ${shard.id}`
}

function unlimited(): Limits {
  return {
    readCallsPerSecond: Infinity,
    readBytesPerSecond: Infinity,
    readAllowanceBytes: Infinity,
    iteratorCallsPerSecond: Infinity,
    writeRecordsPerSecond: Infinity,
    writeBytesPerSecond: Infinity,
    listCallsPerSecond: Infinity,
    summaryCallsPerSecond: Infinity,
    describeCallsPerSecond: Infinity,
    controlCallsPerSecond: Infinity,
  }
}

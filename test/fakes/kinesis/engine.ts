import { Access } from './access.ts'
import type { CallLog } from './calls.ts'
import { AwsError } from './errors.ts'
import type { Faults } from './faults.ts'
import { hashKeyOf } from './hash-range.ts'
import { Input } from './input.ts'
import type { Json } from './json.ts'
import { getRecords } from './operations/get-records.ts'
import { getShardIterator, peekIterator } from './operations/iterators.ts'
import { listShards } from './operations/list-shards.ts'
import { putRecord, putRecords, store } from './operations/put-records.ts'
import { mergeShards, splitShard, updateShardCount } from './operations/reshard.ts'
import {
  changeRetention,
  createStream,
  deleteStream,
  describeStream,
  describeStreamSummary,
  listStreams,
} from './operations/streams.ts'
import type { Shard, StoredRecord } from './shard.ts'
import { type KinesisOptions, KinesisState } from './state.ts'
import type { Stream } from './stream.ts'

export interface EngineOptions extends KinesisOptions {
  /** Refuses requests without a signature. Default true. */
  requireSignature?: boolean
  /** Access key ids which are let in. Default any. */
  accessKeyIds?: readonly string[]
}

/** What a test puts. */
export interface TestRecord {
  data: string | Uint8Array
  /** Null leaves it out, as record distribution AUTO does. Default `key`. */
  partitionKey?: string | null
  /** The shard to put it into; it must be open. Default: where the partition key belongs. */
  shardId?: string
}

/**
 * A Kinesis in memory, with the limits of the real one, under a clock of the test's choice.
 *
 * `execute` is the API; a door (`http-door.ts`, `sdk-door.ts`) carries requests to it, injected faults included.
 * Everything else is the test's own hand: it asks no limit, meets no fault and takes effect at once.
 */
export class KinesisEngine {
  readonly access: Access
  readonly #state: KinesisState

  constructor(options: EngineOptions) {
    this.#state = new KinesisState(options)
    const { accountId, region } = this.#state.options
    this.access = new Access({ ...options, accountId, region })
  }

  /** Answers to be given instead of the right ones. */
  get faults(): Faults {
    return this.#state.faults
  }

  /** What was called, how often, how fast, and what was refused. */
  get calls(): CallLog {
    return this.#state.calls
  }

  get region(): string {
    return this.#state.options.region
  }

  get accountId(): string {
    return this.#state.options.accountId
  }

  /** The server's time, in milliseconds since 1970: steps of the clients' wall clock do not touch it. */
  now(): number {
    return this.#state.now()
  }

  // The API

  /** Carries out one call; throws an AwsError. The flags are faults which change the answer. */
  execute(
    operation: string,
    members: unknown,
    flags: { isEmpty?: boolean; refused?: { indexes: readonly number[]; code?: string } } = {},
  ): Json {
    const state = this.#state
    const input = new Input(members)
    switch (operation) {
      case 'CreateStream':
        return createStream(state, input)
      case 'DeleteStream':
        return deleteStream(state, input)
      case 'DescribeStream':
        return describeStream(state, input)
      case 'DescribeStreamSummary':
        return describeStreamSummary(state, input)
      case 'ListStreams':
        return listStreams(state, input)
      case 'ListShards':
        return listShards(state, input)
      case 'GetShardIterator':
        return getShardIterator(state, input)
      case 'GetRecords':
        return getRecords(state, input, flags.isEmpty)
      case 'PutRecord':
        return putRecord(state, input)
      case 'PutRecords':
        return putRecords(state, input, flags.refused)
      case 'SplitShard':
        return splitShard(state, input)
      case 'MergeShards':
        return mergeShards(state, input)
      case 'UpdateShardCount':
        return updateShardCount(state, input)
      case 'IncreaseStreamRetentionPeriod':
      case 'DecreaseStreamRetentionPeriod':
        return changeRetention(state, input, operation)
      default:
        throw new AwsError('UnknownOperationException', '')
    }
  }

  /** The stream and shard a call is about, as far as it says. */
  subjectOf(members: unknown): { streamName: string | undefined; shardId: string | undefined } {
    const { StreamName, StreamARN, ShardId, ShardIterator } = (members ?? {}) as Readonly<Record<string, unknown>>
    const iterator = typeof ShardIterator === 'string' ? peekIterator(this.#state, ShardIterator) : undefined
    const arnName = typeof StreamARN === 'string' ? StreamARN.slice(StreamARN.indexOf('/') + 1) : undefined
    return {
      streamName: typeof StreamName === 'string' ? StreamName : (arnName ?? iterator?.stream),
      shardId: typeof ShardId === 'string' ? ShardId : iterator?.shard,
    }
  }

  /** What the limits themselves answer to this operation. */
  throttleOf(operation: string, streamName = '', shardId = ''): AwsError {
    const isData = ['GetRecords', 'GetShardIterator', 'PutRecord', 'PutRecords'].includes(operation)
    return isData
      ? new AwsError(
          'ProvisionedThroughputExceededException',
          `Rate exceeded for shard ${shardId} in stream ${streamName} under account ${this.accountId}.`,
        )
      : new AwsError('LimitExceededException', this.#state.controlRefusal(streamName))
  }

  // The test's own hand

  createStream(name: string, options: { shards?: number; onDemand?: boolean; maxRecordBytes?: number } = {}): Stream {
    return this.#state.create(name, options)
  }

  /** The stream itself: its shards, their records, its settings. */
  stream(name: string): Stream {
    return this.#state.stream(name)
  }

  deleteStream(name: string): void {
    this.#state.remove(this.#state.stream(name))
  }

  /** Deletes and creates under the same name: old iterators and sequence numbers are foreign now. */
  recreateStream(name: string, options: { shards?: number } = {}): Stream {
    this.deleteStream(name)
    return this.#state.create(name, options)
  }

  put(streamName: string, record: TestRecord): StoredRecord & { readonly shardId: string } {
    const stream = this.#state.stream(streamName)
    const partitionKey = record.partitionKey === null ? undefined : (record.partitionKey ?? 'key')
    const home = (): Shard => stream.shardFor(hashKeyOf(partitionKey ?? String(this.now())))
    const shard = record.shardId === undefined ? home() : this.#state.shard(stream, record.shardId)
    const data = typeof record.data === 'string' ? Buffer.from(record.data) : record.data
    return { ...store(this.#state, shard, { data, partitionKey }), shardId: shard.id }
  }

  /** Ids of the children. */
  split(streamName: string, shardId: string): [string, string] {
    const stream = this.#state.stream(streamName)
    const [left, right] = stream.split(this.#state.shard(stream, shardId), this.now())
    return [left.id, right.id]
  }

  /** Id of the child. The two must be neighbours. */
  merge(streamName: string, shardId: string, adjacentShardId: string): string {
    const stream = this.#state.stream(streamName)
    const [shard, adjacent] = [this.#state.shard(stream, shardId), this.#state.shard(stream, adjacentShardId)]
    const isAdjacent = shard.range.end + 1n === adjacent.range.start || adjacent.range.end + 1n === shard.range.start
    if (!isAdjacent) throw new Error(`${shardId} and ${adjacentShardId} are no neighbours`)
    return stream.merge(shard, adjacent, this.now()).id
  }

  /** With `delayMs` the steps are that far apart, and the intermediate shards live so long. */
  updateShardCount(streamName: string, target: number, delayMs = 0): void {
    const stream = this.#state.stream(streamName)
    stream.change('UPDATING', this.now(), delayMs, stream.evenOut(target))
  }

  openShards(streamName: string): string[] {
    return this.#state.stream(streamName).openShards.map((shard) => shard.id)
  }

  closedShards(streamName: string): string[] {
    const { shards } = this.#state.stream(streamName)
    return shards.filter((shard) => !shard.isOpen).map((shard) => shard.id)
  }

  /** Pairs (shard, neighbour) which can be merged now. */
  neighbours(streamName: string): [string, string][] {
    const open = [...this.#state.stream(streamName).openShards]
    open.sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
    return open.slice(1).map((shard, index) => [open[index]?.id ?? '', shard.id])
  }
}

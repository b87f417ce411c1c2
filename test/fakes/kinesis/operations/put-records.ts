import { invalidArgument, throughputExceeded, validation } from '../errors.ts'
import { hashKeyOf } from '../hash-range.ts'
import type { Input } from '../input.ts'
import type { Json } from '../json.ts'
import { recordBytes, type Shard, type StoredRecord } from '../shard.ts'
import { type KinesisState, shardKey } from '../state.ts'
import type { Stream } from '../stream.ts'

const maxEntries = 500
const maxRequestBytes = 10 * 1024 * 1024

interface Entry {
  readonly data: Uint8Array
  readonly partitionKey: string | undefined
  readonly hashKey: bigint | undefined
}

export function putRecord(state: KinesisState, input: Input): Json {
  const stream = state.readableStreamOf(input)
  input.text('SequenceNumberForOrdering', /^(?:0|([1-9]\d{0,128}))$/)
  const entry = entryOf(input, stream)
  if (input.flag('DryRun') && state.options.dryRun) return dryRunAnswer
  const shard = shardOf(stream, entry)
  if (!mayWrite(state, stream, shard, entry)) state.refuseShard('PutRecord', stream, shard)
  return { ShardId: shard.id, SequenceNumber: store(state, shard, entry).sequenceNumber, ...encryption(stream) }
}

/** `refused` is the fault: these entries fail with that code. */
export function putRecords(
  state: KinesisState,
  input: Input,
  refused: { indexes: readonly number[]; code?: string } = { indexes: [] },
): Json {
  const stream = state.readableStreamOf(input)
  const entries = input.needList('Records', maxEntries).map((record) => entryOf(record, stream))
  const bytes = entries.reduce((sum, entry) => sum + recordBytes(entry.data, entry.partitionKey), 0)
  if (bytes > maxRequestBytes) throw invalidArgument('Records size exceeds 10 MB limit')
  if (input.flag('DryRun') && state.options.dryRun) return { FailedRecordCount: 0, Records: [] }

  const { accountId } = state.options
  let failed = 0
  const results = entries.map((entry, index): Json => {
    const shard = shardOf(stream, entry)
    const isRefused = refused.indexes.includes(index)
    if (!isRefused && mayWrite(state, stream, shard, entry)) {
      return { ShardId: shard.id, SequenceNumber: store(state, shard, entry).sequenceNumber }
    }
    failed++
    if (!isRefused) state.calls.refusedByLimit('PutRecords', shard.id)
    const error = throughputExceeded(shard.id, stream.name, accountId)
    const code = isRefused ? (refused.code ?? error.name) : error.name
    return { ErrorCode: code, ErrorMessage: code === error.name ? error.message : 'Internal service failure.' }
  })
  return { FailedRecordCount: failed, Records: results, ...encryption(stream) }
}

/** Stores without asking any limit; the tests' own door. */
export function store(state: KinesisState, shard: Shard, entry: Pick<Entry, 'data' | 'partitionKey'>): StoredRecord {
  const nowMs = state.now()
  return shard.append(entry.data, entry.partitionKey, nowMs, Math.round(nowMs + state.options.arrivalShiftMs()))
}

const dryRunAnswer: Json = { ShardId: 'shardId-000000000000', SequenceNumber: '0' }

function entryOf(input: Input, stream: Stream): Entry {
  const data = input.needBlob('Data')
  const partitionKey = stream.automaticKeys ? input.text('PartitionKey') : input.needText('PartitionKey')
  if (partitionKey !== undefined && (partitionKey.length < 1 || partitionKey.length > 256)) {
    throw validation('partitionKey', `'${partitionKey}'`, 'Member must have length less than or equal to 256')
  }
  if (recordBytes(data, partitionKey) > stream.maxRecordBytes) {
    throw validation('data', `'…'`, `Member must have length less than or equal to ${stream.maxRecordBytes}`)
  }
  const hash = input.text('ExplicitHashKey', /^(?:0|([1-9]\d{0,38}))$/)
  const hashKey = hash === undefined ? undefined : BigInt(hash)
  if (hashKey !== undefined && hashKey >= 1n << 128n) {
    throw invalidArgument(
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${hashKey}`,
    )
  }
  return { data, partitionKey, hashKey }
}

function shardOf(stream: Stream, entry: Entry): Shard {
  if (entry.hashKey !== undefined) return stream.shardFor(entry.hashKey)
  if (entry.partitionKey !== undefined) return stream.shardFor(hashKeyOf(entry.partitionKey))
  return stream.openShards.reduce((least, shard) => (shard.nextIndex < least.nextIndex ? shard : least))
}

function mayWrite(state: KinesisState, stream: Stream, shard: Shard, entry: Entry): boolean {
  const key = shardKey(stream, shard)
  const nowMs = state.now()
  const bytes = recordBytes(entry.data, entry.partitionKey)
  if (!state.writeRecords.has(key, 1, nowMs) || !state.writeBytes.has(key, bytes, nowMs)) return false
  state.writeRecords.spend(key, 1, nowMs)
  state.writeBytes.spend(key, bytes, nowMs)
  return true
}

function encryption(stream: Stream): Readonly<Record<string, Json>> {
  return stream.keyId === undefined ? {} : { EncryptionType: 'KMS' }
}

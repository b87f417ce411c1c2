import type { Input } from '../input.ts'
import type { Json } from '../json.ts'
import type { Shard, StoredRecord } from '../shard.ts'
import { type KinesisState, shardKey } from '../state.ts'
import type { Stream } from '../stream.ts'
import { openIterator, sealIterator } from './iterators.ts'
import { hashRangeJson } from './shard-json.ts'

const maxRecords = 10_000
const maxBytes = 10 * 1024 * 1024

/** `isEmpty` is the fault: nothing, though there is more. */
export function getRecords(state: KinesisState, input: Input, isEmpty = false): Json {
  const limit = input.integer('Limit', 1, maxRecords) ?? maxRecords
  const { stream, shard, index } = openIterator(state, input.needText('ShardIterator'))
  if (input.flag('DryRun') && state.options.dryRun) return { Records: [], MillisBehindLatest: 0 }
  if (!state.readBytes.has(shardKey(stream, shard), 0, state.now())) state.refuseShard('GetRecords', stream, shard)
  state.chargeCall(state.readCalls, 'GetRecords', stream, shard)

  const { records, nextIndex } = isEmpty ? { records: [], nextIndex: index } : shard.read(index, limit, maxBytes)
  const bytes = records.reduce((sum, record) => sum + record.bytes, 0)
  state.readBytes.spend(shardKey(stream, shard), bytes, state.now())

  const isAtEnd = !shard.isOpen && nextIndex >= shard.nextIndex
  const isOver = isAtEnd && !isEmpty && (state.options.shardEnd === 'with-records' || records.length === 0)
  return {
    Records: records.map((record) => recordJson(record, stream)),
    NextShardIterator: isOver ? null : sealIterator(state, stream, shard, nextIndex),
    MillisBehindLatest: millisBehind(state, shard, records, nextIndex),
    ...(isOver && state.options.childShards === 'told'
      ? { ChildShards: stream.childrenOf(shard.id).map(childJson) }
      : {}),
  }
}

function recordJson(record: StoredRecord, stream: Stream): Json {
  return {
    SequenceNumber: record.sequenceNumber,
    ApproximateArrivalTimestamp: record.arrivalMs / 1000,
    Data: Buffer.from(record.data.buffer, record.data.byteOffset, record.data.length).toString('base64'),
    ...(record.partitionKey === undefined ? {} : { PartitionKey: record.partitionKey }),
    ...(stream.keyId === undefined ? {} : { EncryptionType: 'KMS' }),
  }
}

function childJson(child: Shard): Json {
  return { ShardId: child.id, ParentShards: child.parents, HashKeyRange: hashRangeJson(child) }
}

/** 0 only when nothing is left; else the age of the last record returned, or of the next one when none was. */
function millisBehind(state: KinesisState, shard: Shard, records: readonly StoredRecord[], nextIndex: number): number {
  if (nextIndex >= shard.nextIndex) return 0
  const reference = records.at(-1) ?? shard.records.find((record) => record.index >= nextIndex)
  if (reference === undefined) return 0
  return Math.max(1, Math.floor(state.now() - reference.storedMs))
}

import type { _Record, ChildShard, GetRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import { KinloaderError } from '../../core/errors.ts'
import type { KinesisRecord } from './record.ts'

/** A GetRecords answer as the reader looks at it. */
export interface Answer {
  readonly records: readonly KinesisRecord[]
  /** Of the records' data. */
  readonly bytes: number
  /** What the records take in memory: small ones cost more than their data. */
  readonly heldBytes: number
  /** What AWS counts against the shard's 2 MB/s: the keys too. */
  readonly countedBytes: number
  /** Behind the tip, in milliseconds; 0 means caught up. */
  readonly behindMs: number
  /** Absent at a shard's end. */
  readonly nextIterator: string | undefined
  /** At a shard's end, as far as the service tells. */
  readonly children: readonly ChildShard[]
}

/** An object, a sequence number of 56 digits, a key, a buffer and its share of a pool: about 680 bytes measured. */
const recordOverheadBytes = 512

export function readAnswer(shardId: string, answer: GetRecordsCommandOutput): Answer {
  const records: KinesisRecord[] = []
  let bytes = 0
  let keyBytes = 0
  for (const record of answer.Records ?? []) {
    const taken = readRecord(shardId, record)
    bytes += taken.data.byteLength
    keyBytes += taken.partitionKey?.length ?? 0
    records.push(taken)
  }
  return {
    records,
    bytes,
    heldBytes: bytes + records.length * recordOverheadBytes,
    countedBytes: bytes + keyBytes,
    behindMs: answer.MillisBehindLatest ?? 0,
    nextIterator: answer.NextShardIterator,
    children: answer.ChildShards ?? [],
  }
}

function readRecord(shardId: string, record: _Record): KinesisRecord {
  if (record.SequenceNumber === undefined || record.Data === undefined) {
    throw new KinloaderError('BAD_ANSWER', `Kinesis gave a record without data or sequence number in ${shardId}`, {
      retryable: true,
    })
  }
  const arrivedMs = record.ApproximateArrivalTimestamp?.getTime()
  return {
    shardId,
    sequenceNumber: record.SequenceNumber,
    data: record.Data,
    partitionKey: record.PartitionKey ?? undefined,
    // A date out of range has no text, and would break whoever writes the position down.
    arrivedMs: Number.isNaN(arrivedMs) ? undefined : arrivedMs,
  }
}

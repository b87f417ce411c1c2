import type { _Record, ChildShard, GetRecordsCommandOutput } from '@aws-sdk/client-kinesis'
import { AnsweredRecord } from '../../clients/kinesis-answer.ts'
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

/**
 * With `keepsBase64` the records hold their data as it came, where it came in a form which one may pass on: that takes
 * a third more than the bytes, and no time.
 */
export function readAnswer(shardId: string, answer: GetRecordsCommandOutput, keepsBase64 = false): Answer {
  const records: KinesisRecord[] = []
  let [bytes, keptBytes, keyBytes] = [0, 0, 0]
  for (const record of answer.Records ?? []) {
    const taken = (keepsBase64 ? keptRecord(shardId, record) : undefined) ?? readRecord(shardId, record)
    const { base64, partitionKey } = taken
    bytes += base64 === undefined ? taken.data.byteLength : base64.byteLength
    keptBytes += base64 === undefined ? taken.data.byteLength : base64.text.byteLength
    keyBytes += partitionKey?.length ?? 0
    records.push(taken)
  }
  return {
    records,
    bytes,
    heldBytes: keptBytes + records.length * recordOverheadBytes,
    countedBytes: bytes + keyBytes,
    behindMs: answer.MillisBehindLatest ?? 0,
    nextIterator: answer.NextShardIterator,
    children: answer.ChildShards ?? [],
  }
}

function readRecord(shardId: string, record: _Record): KinesisRecord {
  // Each look decodes it.
  const data = record.Data
  if (data === undefined) throw badRecord(shardId)
  return { ...readRest(shardId, record), data }
}

function keptRecord(shardId: string, record: _Record): KinesisRecord | undefined {
  const base64 = record instanceof AnsweredRecord ? record.base64 : undefined
  if (base64 === undefined) return undefined
  return {
    ...readRest(shardId, record),
    base64,
    get data() {
      return base64.decode()
    },
  }
}

function readRest(shardId: string, record: _Record): Omit<KinesisRecord, 'data'> {
  if (record.SequenceNumber === undefined) throw badRecord(shardId)
  const arrivedMs = record.ApproximateArrivalTimestamp?.getTime()
  return {
    shardId,
    sequenceNumber: record.SequenceNumber,
    partitionKey: record.PartitionKey ?? undefined,
    // A date out of range has no text, and would break whoever writes the position down.
    arrivedMs: Number.isNaN(arrivedMs) ? undefined : arrivedMs,
  }
}

function badRecord(shardId: string): KinloaderError {
  return new KinloaderError('BAD_ANSWER', `Kinesis gave a record without data or sequence number in ${shardId}`, {
    retryable: true,
  })
}

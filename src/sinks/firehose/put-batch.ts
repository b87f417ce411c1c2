import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose'
import { KinloaderError } from '../../core/errors.ts'
import type { WaitingRecord } from './record-store.ts'

/** A record whose bytes are in memory. */
export interface LoadedRecord {
  readonly record: WaitingRecord
  readonly data: Uint8Array
}

/** What became of each record of one call which was answered. */
export interface BatchAnswer {
  readonly accepted: readonly WaitingRecord[]
  readonly refused: readonly RefusedRecord[]
}

export interface RefusedRecord {
  readonly record: WaitingRecord
  /** AWS's name of the error, or `missing` when the answer says nothing about the record. */
  readonly code: string
  readonly message: string
}

/** One PutRecordBatch. A record is accepted when there is a RecordId at its place, and in no other case. */
export async function putBatch(
  client: FirehoseClient,
  stream: string,
  batch: readonly LoadedRecord[],
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const command = new PutRecordBatchCommand({
    DeliveryStreamName: stream,
    Records: batch.map(({ data }) => ({ Data: data })),
  })
  const { RequestResponses: results = [] } = await client.send(command, { abortSignal: signal })
  // Places are all that ties an answer to a record; in a list which is too long they mean nothing.
  if (results.length > batch.length) {
    throw new KinloaderError('BAD_ANSWER', 'Firehose answers for more records than it got: see that no proxy does.', {
      retryable: true,
    })
  }
  const accepted: WaitingRecord[] = []
  const refused: RefusedRecord[] = []
  for (const [i, { record }] of batch.entries()) {
    const result = results[i]
    if (result?.ErrorCode === undefined && result?.RecordId !== undefined && result.RecordId !== '') {
      accepted.push(record)
    } else {
      refused.push({ record, code: result?.ErrorCode ?? 'missing', message: result?.ErrorMessage ?? '' })
    }
  }
  return { accepted, refused }
}

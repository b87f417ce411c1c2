import type { Base64Text } from '../../core/base64-text.ts'

/** One record of a shard, as Kinesis gave it. */
export interface KinesisRecord {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly data: Uint8Array
  /** The data as it came, where it was asked for; `data` is then decoded from it each time. */
  readonly base64?: Base64Text | undefined
  /** Absent on streams with automatic distribution. */
  readonly partitionKey: string | undefined
  /** Approximate arrival, milliseconds since 1970; may go backwards between records. */
  readonly arrivedMs: number | undefined
}

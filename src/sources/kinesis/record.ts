/** One record of a shard, as Kinesis gave it. */
export interface KinesisRecord {
  readonly shardId: string
  readonly sequenceNumber: string
  readonly data: Uint8Array
  /** Absent on streams with automatic distribution. */
  readonly partitionKey: string | undefined
  /** Approximate arrival, milliseconds since 1970; may go backwards between records. */
  readonly arrivedMs: number | undefined
}

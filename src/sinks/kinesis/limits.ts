/** What Kinesis takes, in bytes with partition keys (AWS, "Quotas and limits"). */
export interface PutLimits {
  /** 1 MiB; up to 10 MiB on streams set so by UpdateMaxRecordSize. */
  readonly maxRecordBytes: number
  readonly maxRequestRecords: number
  readonly maxRequestBytes: number
  /** A shard's share of a second: more of it in one request would be refused. */
  readonly shardBytesPerSecond: number
  readonly shardRecordsPerSecond: number
}

export const awsPutLimits: PutLimits = {
  maxRecordBytes: 1024 * 1024,
  maxRequestRecords: 500,
  maxRequestBytes: 10 * 1024 * 1024,
  shardBytesPerSecond: 1024 * 1024,
  shardRecordsPerSecond: 1000,
}

/** A PUT payload unit: what a record costs is counted in these. */
export const payloadUnitBytes = 25 * 1024

/** Text in one record: its readers inflate it at once, ours up to 32 MiB. */
export const maxRecordTextBytes = 16 * 1024 * 1024

/** Events in one record; our reader takes half a million. */
export const maxRecordEvents = 100_000

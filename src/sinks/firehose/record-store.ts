/** One Firehose record which waits to be uploaded. */
export interface WaitingRecord {
  readonly name: string
  /** Before base64. */
  readonly bytes: number
  /** When it came into the store: wall-clock milliseconds since 1970. */
  readonly sinceMs: number
}

/** What one request may hold. */
export interface RequestLimits {
  readonly maxRecords: number
  /** Of all records together, each counted as base64 plus what JSON puts around it. */
  readonly maxEncodedBytes: number
}

/**
 * Records which survive this process until they are delivered. The uploader is its only taker; whoever adds records does
 * so through the implementation.
 */
export interface RecordStore {
  /** Records, those taken by the uploader included. */
  readonly waiting: number
  /** Bytes of those. */
  readonly waitingBytes: number
  /** When the oldest of those came in; undefined when there is none. */
  readonly oldestMs: number | undefined
  /** Called after records were added; one listener, the uploader. */
  onAdded: () => void
  /** Records which nobody has taken, and their encoded size as `RequestLimits` counts it. */
  takeable(): { readonly records: number; readonly encodedBytes: number }
  /** The oldest which nobody has taken, as many as fit into one request; at least one if there is any. */
  take(limits: RequestLimits): readonly WaitingRecord[]
  /** They were not delivered: they are the next to be taken again, in their old order. */
  giveBack(records: readonly WaitingRecord[]): void
  /** Rejects when the file cannot be read. */
  read(record: WaitingRecord): Promise<Uint8Array>
  /** It is delivered. One which is gone already is fine. */
  remove(record: WaitingRecord): Promise<void>
  /**
   * It can never be delivered, or not be read: it is kept aside, counted and told once, and blocks no other. Rejects when
   * the disk fails; then it waits as before.
   */
  quarantine(record: WaitingRecord, reason: string): Promise<void>
}

/**
 * Remembers how far a reader is: opaque text by key.
 *
 * One instance serves one reader (one stream and checkpoint name); the key space is that reader's own. Keys
 * are lane names (`shardId-000000000000`) and names which begin with `@`, kept by the reader for itself.
 */
export interface CheckpointStore {
  /**
   * Everything remembered for this reader. Called at the start, and now and then afterwards to look for a second
   * reader. Rejects with a `KinloaderError`: `retryable` when waiting may help.
   */
  load(signal?: AbortSignal): Promise<ReadonlyMap<string, string>>
  /**
   * Upsert; null removes. Resolves when all of it would survive a crash. Never called while an earlier save of the
   * same instance runs. A rejected save may have stored some of the keys, each of them whole; the caller tries the
   * same keys again. Returns the keys refused because another owner holds them; they are not tried again.
   */
  save(changes: ReadonlyMap<string, string | null>, signal: AbortSignal): Promise<readonly string[]>
  /** Lets connections go; twice is fine. */
  close(): Promise<void>
}

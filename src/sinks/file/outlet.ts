/** A place for bytes: what a `FileSink` writes to. One call at a time. */
export interface Outlet {
  /** As in messages: the file's path, `standard output`. */
  readonly name: string
  /** Resolves when the place has all of it. Rejects with a `KinloaderError`, and then has none of it as far as it can. */
  write(bytes: Uint8Array): Promise<void>
  /** Resolves when what was written would survive a crash, or at once where there is no such thing. */
  sync(): Promise<void>
  /** Twice is fine. */
  close(): Promise<void>
}

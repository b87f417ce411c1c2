import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { Files } from '../spooling/files.ts'

export interface SpaceOptions {
  /** A folder of the file system whose free space counts. */
  readonly path: string
  readonly clock: Clock
  readonly files: Files
  /** Of journal and records together, in bytes. Default 4 GiB. */
  readonly maxBytes?: number
  /** Of journal and records together: memory holds something of each. Default 500,000. */
  readonly maxFiles?: number
  /** What the disk must have left for others, in bytes. Default 64 MiB. */
  readonly minFreeBytes?: number
}

/**
 * How much a spool may hold. Only what is accepted anew asks for room; what is made of things accepted (record files, a
 * segment written once more) is counted and takes its place in any case, for it is by these that a full spool empties.
 * So the journal stops early enough to leave the disk to them.
 */
export class Space {
  readonly #options: SpaceOptions
  readonly #maxBytes: number
  readonly #maxFiles: number
  readonly #minFreeBytes: number
  #usedBytes = 0
  #files = 0
  #wasFull = false
  /** What the disk had left when it was last asked, less what was written since. */
  #freeBytes = 0
  #askAgainAtMs = Number.NEGATIVE_INFINITY
  #askAgainAtBytes = 0
  #whenFreed: () => void = () => {}

  constructor(options: SpaceOptions) {
    this.#options = options
    this.#maxBytes = options.maxBytes ?? 4 * 1024 ** 3
    this.#maxFiles = options.maxFiles ?? 500_000
    this.#minFreeBytes = options.minFreeBytes ?? 64 * 1024 ** 2
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get files(): number {
    return this.#files
  }

  /** Something is there, or has grown. */
  count(bytes: number, files: number): void {
    this.#usedBytes += bytes
    this.#files += files
    this.#freeBytes -= bytes
  }

  /** Something is gone. */
  free(bytes: number, files: number): void {
    this.#usedBytes -= bytes
    this.#files -= files
    this.#askAgainAtMs = Number.NEGATIVE_INFINITY
    this.#whenFreed()
  }

  /** Called when something is gone; one listener, the journal. */
  onFreed(listener: () => void): void {
    this.#whenFreed = listener
  }

  /**
   * Rejects with `SPOOL_FULL` when there is no room for so many bytes more; then again until there is a good deal of room,
   * or a spool at its limit would be full and not full with each record. The disk is asked once a second at most, and
   * after every 16 MiB.
   */
  async check(bytes: number): Promise<void> {
    const why = this.#lack(bytes, this.#wasFull ? 1 / 64 : 0) ?? (await this.#lackOfDisk(bytes))
    this.#wasFull = why !== undefined
    if (why === undefined) return
    throw new KinloaderError(
      'SPOOL_FULL',
      `The spool is full: ${why}; it empties when Firehose takes records again, or make room.`,
      { retryable: true },
    )
  }

  #lack(bytes: number, spare: number): string | undefined {
    if (this.#usedBytes > 0 && this.#usedBytes + bytes > this.#maxBytes * (1 - spare)) {
      return `its ${this.#maxBytes} bytes are used`
    }
    return this.#files >= this.#maxFiles * (1 - spare) ? `it holds ${this.#files} files` : undefined
  }

  async #lackOfDisk(bytes: number): Promise<string | undefined> {
    if (this.#options.clock.monotonic() >= this.#askAgainAtMs || this.#freeBytes < this.#askAgainAtBytes) {
      await this.#askDisk()
    }
    const wanted = this.#minFreeBytes * (this.#wasFull ? 9 / 8 : 1)
    if (this.#freeBytes - bytes >= wanted) return undefined
    return `its disk has only ${this.#freeBytes} bytes left, and ${this.#minFreeBytes} are not to be used`
  }

  async #askDisk(): Promise<void> {
    const { path, files, clock } = this.#options
    try {
      const { bavail, bsize } = await files.statfs(path)
      this.#freeBytes = bavail * bsize
    } catch {
      // Some file systems do not tell. What does not fit will fail.
      this.#freeBytes = Infinity
    }
    this.#askAgainAtMs = clock.monotonic() + 1000
    this.#askAgainAtBytes = this.#freeBytes - 16 * 1024 ** 2
  }
}

import { KinloaderError } from '../../core/errors.ts'

/** How much a spool may hold: bytes, taken before they are written, and files, for those use up a disk as well. */
export class Quota {
  readonly #maxBytes: number
  readonly #maxBatches: number
  #usedBytes = 0
  #batches = 0

  constructor(maxBytes: number, maxBatches: number) {
    this.#maxBytes = maxBytes
    this.#maxBatches = maxBatches
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Throws `SPOOL_FULL` and takes nothing when there is no room, `SPOOL_TOO_LARGE` when there never will be. */
  take(bytes: number, batches: number): void {
    if (bytes > this.#maxBytes) {
      throw new KinloaderError(
        'SPOOL_TOO_LARGE',
        `A spool of at most ${this.#maxBytes} bytes can never hold ${bytes}: let it be larger.`,
      )
    }
    if (this.#usedBytes + bytes > this.#maxBytes) throw full(`its ${this.#maxBytes} bytes are used`)
    if (batches > 0 && this.#batches + batches > this.#maxBatches) throw full(`it holds ${this.#batches} batches`)
    this.count(bytes, batches)
  }

  /** What is there in any case, be it more than may be. Negative: what is gone. */
  count(bytes: number, batches: number): void {
    this.#usedBytes += bytes
    this.#batches += batches
  }
}

function full(why: string): KinloaderError {
  return new KinloaderError('SPOOL_FULL', `The spool is full: ${why}; it empties when its target takes data again.`, {
    retryable: true,
  })
}

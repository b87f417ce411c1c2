import { createHash } from 'node:crypto'

/**
 * Which batches have come already: a sender which does not know whether its put has arrived puts again, and both may
 * have. Repeats come soon after each other, so only the last ids are remembered.
 */
export class Repeats {
  count = 0
  readonly #maxIds: number
  /** In the order in which they came. */
  readonly #ids = new Set<string>()

  /** `maxIds`: default 65,536, which take some 8 MiB. */
  constructor({ maxIds = 65_536 } = {}) {
    this.#maxIds = maxIds
  }

  /** Whether this batch has been remembered; counts it if so. */
  has(batchId: string): boolean {
    const isRepeat = this.#ids.has(short(batchId))
    if (isRepeat) this.count++
    return isRepeat
  }

  /** To be called for records which were decoded to their end: a repeat of a damaged one may be whole. */
  remember(batchId: string): void {
    this.#ids.add(short(batchId))
    if (this.#ids.size <= this.#maxIds) return
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest)
      return
    }
  }
}

/** Whoever may write to the stream chooses the ids. */
function short(batchId: string): string {
  return batchId.length <= 64 ? batchId : createHash('sha256').update(batchId).digest('base64')
}

import { randomBytes } from 'node:crypto'

/** Ids of batches: unique for ever, and in the order of time, so that batches on disk are in order by their names. */
export class BatchIds {
  readonly #prefix: string
  #count = 0

  constructor(nowMs: number) {
    this.#prefix = `${Math.max(0, nowMs).toString(16).padStart(12, '0')}${randomBytes(6).toString('hex')}`
  }

  next(): string {
    this.#count += 1
    return `${this.#prefix}-${String(this.#count).padStart(8, '0')}`
  }

  /** Whether the id was made here, and not by an earlier process. */
  has(id: string): boolean {
    return id.startsWith(this.#prefix)
  }
}

import type { RecordMetadata } from './event-batch.ts'

/** Streams remembered; one which is forgotten begins at 1 again. */
const maxStreams = 10_000

/** Numbers the records of each unbroken stream from 1; the index does not tell streams apart. */
export class BlockIds {
  readonly #last = new Map<string, bigint>()

  next({ source, sourcetype, host }: RecordMetadata): bigint {
    const key = `${source}::${sourcetype}::${host}`
    const id = (this.#last.get(key) ?? 0n) + 1n
    // Anew at the end: the one used longest ago is the first.
    this.#last.delete(key)
    this.#last.set(key, id)
    const [oldest] = this.#last.keys()
    if (this.#last.size > maxStreams && oldest !== undefined) this.#last.delete(oldest)
    return id
  }
}

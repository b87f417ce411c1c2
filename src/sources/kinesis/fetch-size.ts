/** AWS: no answer is larger. */
const maxAnswerBytes = 10 * 1024 * 1024
/** One such call a half second feeds the 2 MB/s a shard gives. */
const defaultTargetBytes = 1024 * 1024
/** Of the first call, before the mean is known; nearly all streams have records smaller than 20 KB. */
const firstLimit = 100
const firstReserveBytes = 2 * 1024 * 1024

/**
 * How much to ask of a shard, and how much memory to reserve for the answer.
 *
 * `Limit` follows the mean record size, so that an answer holds about `targetBytes` (default 1 MiB); a full one (10 MiB) of each of 64 shards
 * would be more than half a gigabyte. An answer which turns out larger than its reservation delays the next ones.
 */
export class FetchSize {
  readonly #targetBytes: number
  #meanBytes: number | undefined
  #lastBytes = 0
  #caughtUp = false

  constructor(targetBytes = defaultTargetBytes) {
    this.#targetBytes = targetBytes
  }

  /** GetRecords `Limit`: 1 to 10,000. */
  get limit(): number {
    if (this.#meanBytes === undefined) return firstLimit
    return Math.min(10_000, Math.max(1, Math.floor(this.#targetBytes / Math.max(1, this.#meanBytes))))
  }

  /** Bytes the next answer may well have. */
  get reserveBytes(): number {
    if (this.#caughtUp) return Math.min(maxAnswerBytes, Math.max(64 * 1024, 2 * this.#lastBytes))
    if (this.#meanBytes === undefined) return firstReserveBytes
    return Math.min(maxAnswerBytes, Math.ceil(1.25 * Math.max(this.#targetBytes, this.limit * this.#meanBytes)))
  }

  learn(bytes: number, records: number, caughtUp: boolean): void {
    this.#lastBytes = bytes
    this.#caughtUp = caughtUp
    if (records === 0) return
    const meanBytes = bytes / records
    this.#meanBytes = this.#meanBytes === undefined ? meanBytes : (this.#meanBytes + meanBytes) / 2
  }
}

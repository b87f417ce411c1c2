/**
 * What the service allows, per second. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
 *
 * Call limits are buckets which hold one second's worth and refill evenly. Reads are a debt: an answer may be as large
 * as 10 MiB, and the shard refuses until the bytes are paid back at 2 MiB/s, so 10 MiB cost nearly 5 s.
 */
export interface Limits {
  /** GetRecords per shard. Default 5. */
  readCallsPerSecond: number
  /** Read per shard; data and partition keys count. Default 2 MiB. */
  readBytesPerSecond: number
  /** Bytes which an idle shard saves up, so that a small excess is forgiven. Default 64 KiB; 0 is the strictest. */
  readAllowanceBytes: number
  /** GetShardIterator per shard. Default 5. */
  iteratorCallsPerSecond: number
  /** Written per shard. Default 1,000 records. */
  writeRecordsPerSecond: number
  /** Written per shard; data and partition keys count. Default 1 MiB. */
  writeBytesPerSecond: number
  /** ListShards per stream. Default 1,000. */
  listCallsPerSecond: number
  /** DescribeStreamSummary per account. Default 20. */
  summaryCallsPerSecond: number
  /** DescribeStream and UpdateShardCount per account, each. Default 10. */
  describeCallsPerSecond: number
  /** Any other operation per account, each. Default 5. */
  controlCallsPerSecond: number
}

export const awsLimits: Readonly<Limits> = {
  readCallsPerSecond: 5,
  readBytesPerSecond: 2 * 1024 * 1024,
  readAllowanceBytes: 64 * 1024,
  iteratorCallsPerSecond: 5,
  writeRecordsPerSecond: 1000,
  writeBytesPerSecond: 1024 * 1024,
  listCallsPerSecond: 1000,
  summaryCallsPerSecond: 20,
  describeCallsPerSecond: 10,
  controlCallsPerSecond: 5,
}

/** One allowance per key, refilled evenly up to `capacity`; `spend` may lead into debt. Infinite rates never refuse. */
export class Allowances {
  readonly #perSecond: number
  readonly #capacity: number
  readonly #levels = new Map<string, { level: number; atMs: number }>()

  constructor(perSecond: number, capacity = perSecond) {
    this.#perSecond = perSecond
    this.#capacity = capacity
  }

  /** Whether that much is there; more than the capacity counts as the capacity. */
  has(key: string, amount: number, nowMs: number): boolean {
    // Refilling adds fractions; a thousandth of the unit is their rounding error, not an excess.
    return this.#perSecond === Infinity || this.#refilled(key, nowMs).level + 0.001 >= Math.min(amount, this.#capacity)
  }

  spend(key: string, amount: number, nowMs: number): void {
    if (this.#perSecond !== Infinity) this.#refilled(key, nowMs).level -= amount
  }

  #refilled(key: string, nowMs: number): { level: number; atMs: number } {
    let state = this.#levels.get(key)
    if (state === undefined) {
      state = { level: this.#capacity, atMs: nowMs }
      this.#levels.set(key, state)
    }
    state.level = Math.min(this.#capacity, state.level + ((nowMs - state.atMs) * this.#perSecond) / 1000)
    state.atMs = nowMs
    return state
  }
}

import { Backoff, TokenBucket, type Random } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'

/** What one may take from a shard. AWS: 5 GetRecords/s and 2 MB/s, shared by all polling consumers. */
export interface ReadLimits {
  readonly callsPerSecond: number
  readonly bytesPerSecond: number
}

export const awsReadLimits: ReadLimits = { callsPerSecond: 5, bytesPerSecond: 2_000_000 }

/** After this much silence a shard is asked once a second only. */
const silentAfterMs = 60_000

/**
 * When a shard may be asked next.
 *
 * Two debts are paid off before each call: the call's own 200 ms, and n bytes / 2 MB/s for an answer of n bytes, so
 * that a 10 MiB answer provokes no throttling. Without debt: at once while there is more, every 200 to 400 ms while
 * data trickles, once a second after a minute of silence. Throttled all the same (other consumers share the
 * limit), it learns: the pace halves its rate at each throttle and creeps back with each good answer.
 */
export class ReadPace {
  readonly #clock: Clock
  readonly #random: Random
  readonly #calls: TokenBucket
  readonly #bytes: TokenBucket
  readonly #throttles: Backoff
  #notBeforeMs = 0
  #dataAtMs: number
  /** How many times slower than the limits other consumers force us to be. */
  #slowdown = 1
  readonly #spacingMs: number

  constructor(clock: Clock, limits: ReadLimits, random: Random) {
    this.#clock = clock
    this.#random = random
    this.#calls = new TokenBucket({ clock, perSecond: limits.callsPerSecond, burst: 0 })
    this.#bytes = new TokenBucket({ clock, perSecond: limits.bytesPerSecond, burst: 0 })
    this.#throttles = new Backoff({ baseMs: 400, maxMs: 5000, random })
    this.#spacingMs = 1000 / limits.callsPerSecond
    this.#dataAtMs = clock.monotonic()
  }

  /** Milliseconds until the next call. */
  delayMs(): number {
    const debtMs = Math.max(this.#calls.delayMs(), this.#bytes.delayMs())
    return Math.max(debtMs, this.#notBeforeMs - this.#clock.monotonic())
  }

  /** Told right before each call. */
  called(): void {
    this.#calls.take(1)
  }

  /** Told after each good answer. */
  answered(bytes: number, records: number, caughtUp: boolean): void {
    const nowMs = this.#clock.monotonic()
    this.#bytes.take(bytes * this.#slowdown)
    this.#throttles.reset()
    this.#slowdown = Math.max(1, this.#slowdown * 0.95)
    if (records > 0) this.#dataAtMs = nowMs
    if (!caughtUp) this.#notBeforeMs = nowMs + (this.#slowdown - 1) * this.#spacingMs
    else if (nowMs - this.#dataAtMs < silentAfterMs) this.#notBeforeMs = nowMs + 200 + this.#random() * 200
    else this.#notBeforeMs = nowMs + 1000
  }

  /** Told after a throttled call. */
  throttled(): void {
    this.#slowdown = Math.min(16, this.#slowdown * 2)
    this.#notBeforeMs = this.#clock.monotonic() + this.#throttles.next()
  }
}

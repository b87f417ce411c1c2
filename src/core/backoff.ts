import type { Clock } from './clock.ts'

/** A number in [0, 1); `Math.random`, or a seeded one in tests. */
export type Random = () => number

export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds. */
  readonly baseMs: number
  /** Upper bound of every delay, in milliseconds. */
  readonly maxMs: number
  readonly random?: Random
}

/**
 * Growing delays with jitter: the n-th lies between half of and the whole of `baseMs * 2^n`, at most `maxMs`.
 * The jitter keeps many readers which failed together from coming back together; the lower half keeps one
 * from hammering.
 */
export class Backoff {
  readonly #options: BackoffOptions
  #failures = 0

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** How many delays were asked for since the last success. */
  get failures(): number {
    return this.#failures
  }

  next(): number {
    const { baseMs, maxMs, random = Math.random } = this.#options
    const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, 30))
    this.#failures += 1
    return ceilingMs * (0.5 + random() / 2)
  }

  reset(): void {
    this.#failures = 0
  }
}

export interface TokenBucketOptions {
  readonly clock: Clock
  readonly perSecond: number
  /** How much may be taken at once after a rest. 0: every take has to be paid off before the next. */
  readonly burst: number
}

/**
 * A rate limit which lets one run into debt: taking is always allowed, and `delayMs` tells how long to wait
 * until the debt is paid. So an answer can be accounted for after its size is known.
 */
export class TokenBucket {
  readonly #options: TokenBucketOptions
  #balance: number
  #atMs: number

  constructor(options: TokenBucketOptions) {
    this.#options = options
    this.#balance = options.burst
    this.#atMs = options.clock.monotonic()
  }

  /** What may be taken without debt; negative in debt. */
  get balance(): number {
    this.#refill()
    return this.#balance
  }

  take(amount: number): void {
    this.#refill()
    this.#balance -= amount
  }

  /** Milliseconds until `amount` may be taken without debt. */
  delayMs(amount = 0): number {
    this.#refill()
    return Math.max(0, ((amount - this.#balance) * 1000) / this.#options.perSecond)
  }

  #refill(): void {
    const nowMs = this.#options.clock.monotonic()
    // No time, no gain: with an infinite rate the product would be no number.
    if (nowMs === this.#atMs) return
    const gained = ((nowMs - this.#atMs) * this.#options.perSecond) / 1000
    this.#balance = Math.min(this.#options.burst, this.#balance + gained)
    this.#atMs = nowMs
  }
}

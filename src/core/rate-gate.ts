import { isAborted } from './aborting.ts'
import { TokenBucket } from './backoff.ts'
import type { Clock } from './clock.ts'

/**
 * Lets so many pass a second, first come, first served, evenly: nothing is saved up in quiet times, so within any t
 * seconds at most t times the rate pass, and one. As many wait as call, so the callers are the bound.
 */
export class RateGate {
  readonly #clock: Clock
  readonly #bucket: TokenBucket
  #last: Promise<void> = Promise.resolve()

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#bucket = new TokenBucket({ clock, perSecond, burst: 0 })
  }

  /** Resolves when it is one's turn, or at once when the signal aborts; that takes nobody's turn. */
  async pass(signal: AbortSignal): Promise<void> {
    const before = this.#last
    const turn = this.#passAfter(before, signal)
    this.#last = turn
    await turn
  }

  async #passAfter(before: Promise<void>, signal: AbortSignal): Promise<void> {
    await before
    if (signal.aborted) return
    // A timer may be early by less than a millisecond.
    for (let ms = this.#bucket.delayMs(); ms > 0 && !isAborted(signal); ms = this.#bucket.delayMs()) {
      await this.#clock.sleep(Math.ceil(ms), signal)
    }
    if (!isAborted(signal)) this.#bucket.take(1)
  }
}

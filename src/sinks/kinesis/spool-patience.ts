import type { Clock } from '../../core/clock.ts'
import { errorCode } from '../../core/errors.ts'
import { settledOrAborted } from '../deferred.ts'
import { givenUp } from './waiting-line.ts'

/** How soon a full spool is tried again when no batch was delivered meanwhile: others may fill the same disk. */
const retryMs = 1000

/**
 * Those whom a full spool has refused, one after the other, and whoever comes meanwhile is behind them: so the order is
 * kept, and a thousand who were refused do not all try again at once.
 */
export class SpoolPatience {
  readonly #clock: Clock
  #waiting = 0
  /** Settles when the last of them is done with. */
  #last: Promise<unknown> = Promise.resolve()
  #roomy = new AbortController()
  #ended: Error | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether anybody waits. */
  get isNeeded(): boolean {
    return this.#waiting > 0
  }

  /** Resolves as `append` when it is not refused with `SPOOL_FULL` any more. Rejects with `ABORTED`, or as `end` says. */
  wait<T>(append: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#waiting += 1
    const before = this.#last
    const mine = (signal === undefined ? before : settledOrAborted(before, signal)).then(() =>
      this.#retrying(append, signal),
    )
    this.#last = Promise.allSettled([before, mine]).then(() => {
      this.#waiting -= 1
    })
    return mine
  }

  /** There may be room. */
  tryAgain(): void {
    this.#roomy.abort()
    this.#roomy = new AbortController()
  }

  /** Nobody is patient any more: they get the reason. */
  end(reason: Error): void {
    this.#ended ??= reason
    this.#roomy.abort()
  }

  async #retrying<T>(append: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      if (this.#ended !== undefined) throw this.#ended
      if (signal?.aborted === true) throw givenUp()
      try {
        return await append()
      } catch (error) {
        if (errorCode(error) !== 'SPOOL_FULL') throw error
      }
      const ways = [this.#roomy.signal, ...(signal === undefined ? [] : [signal])]
      await this.#clock.sleep(retryMs, AbortSignal.any(ways))
    }
  }
}

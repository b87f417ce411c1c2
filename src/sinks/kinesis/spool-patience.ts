import type { Clock } from '../../core/clock.ts'
import { errorText } from '../../core/errors.ts'
import { onAbort } from '../deferred.ts'
import { isPassing } from '../spooling/errors.ts'
import { givenUp } from './waiting-line.ts'

/** How soon a full spool is tried again when no batch was delivered meanwhile: others may fill the same disk. */
const retryMs = 1000
/** Appends which are tried together once there is room: they share a write. */
const mostAtOnce = 1024

/** Somebody whom the spool has refused, or who stands behind such a one. */
interface Patient {
  /** Tries once more; whether that is settled, one way or the other. Never rejects. */
  readonly attempt: () => Promise<boolean>
  readonly refuse: (reason: Error) => void
  readonly signal: AbortSignal | undefined
}

/**
 * Those whom a full spool has refused, first come, first served, and whoever comes meanwhile is behind them. One tries
 * whether there is room, so that a thousand who were refused do not all try at once; once it has found some the others
 * follow together, twice as many each time, for each write costs the same however much is in it.
 *
 * So the order of those is kept who wait for one write before the next.
 */
export class SpoolPatience {
  readonly #clock: Clock
  #line: Patient[] = []
  #isServing = false
  #roomy = new AbortController()
  #ended: Error | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether anybody waits. */
  get isNeeded(): boolean {
    return this.#isServing
  }

  /** Resolves as `append` when it is not refused for a while any more. Rejects with `ABORTED`, or as `end` says. */
  wait<T>(append: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise<T>((resolve, reject) => {
      let forget = (): void => {}
      const patient: Patient = {
        attempt: async () => {
          try {
            resolve(await append())
          } catch (error) {
            if (isPassing(error)) return false
            reject(error instanceof Error ? error : new Error(errorText(error)))
          }
          forget()
          return true
        },
        refuse: (reason) => {
          forget()
          reject(reason)
        },
        signal,
      }
      this.#line.push(patient)
      if (signal !== undefined) {
        forget = onAbort(signal, () => {
          this.#leave(patient)
        })
      }
      if (!this.#isServing) void this.#serve()
    })
  }

  /** There may be room. */
  tryAgain(): void {
    this.#roomy.abort()
    this.#roomy = new AbortController()
  }

  /** Nobody is patient any more: they get the reason. */
  end(reason: Error): void {
    this.#ended ??= reason
    for (const patient of this.#line.splice(0)) patient.refuse(reason)
    this.#roomy.abort()
  }

  /** Until nobody is in the line. Never rejects. */
  async #serve(): Promise<void> {
    this.#isServing = true
    let atOnce = 1
    while (this.#line.length > 0) {
      const some = this.#line.splice(0, atOnce)
      const settled = await Promise.all(some.map((patient) => patient.attempt()))
      const refused = some.filter((_, index) => settled[index] === false)
      if (refused.length === 0) {
        atOnce = Math.min(2 * atOnce, mostAtOnce)
        continue
      }
      atOnce = 1
      this.#putBack(refused)
      // Nobody may be left: they have given up, or there was an end meanwhile.
      if (this.#line.length > 0) await this.#clock.sleep(retryMs, this.#roomy.signal)
    }
    this.#isServing = false
  }

  /** To the front, in their order. */
  #putBack(refused: readonly Patient[]): void {
    const patients = refused.filter((patient) => {
      const reason = this.#ended ?? (patient.signal?.aborted === true ? givenUp() : undefined)
      if (reason !== undefined) patient.refuse(reason)
      return reason === undefined
    })
    this.#line.unshift(...patients)
  }

  /** Of one whose attempt is under way that decides. */
  #leave(patient: Patient): void {
    const at = this.#line.indexOf(patient)
    if (at < 0) return
    this.#line.splice(at, 1)
    patient.refuse(givenUp())
  }
}

import type { Clock } from '../core/clock.ts'

const repeatMs = 60_000

/** What is told at once, and then once a minute however often it happens. A handful of kinds, for nothing is forgotten by itself. */
export class SeldomTold {
  readonly #clock: Clock
  /** When each kind was last told, monotonic milliseconds. */
  readonly #toldMs = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether it is to be told now; then it counts as told. */
  isDue(kind: string): boolean {
    const nowMs = this.#clock.monotonic()
    const toldMs = this.#toldMs.get(kind)
    if (toldMs !== undefined && nowMs - toldMs < repeatMs) return false
    this.#toldMs.set(kind, nowMs)
    return true
  }

  /** It is over: what comes again is told at once, but for the kind which never is. */
  forgetAllBut(kept?: string): void {
    for (const kind of this.#toldMs.keys()) if (kind !== kept) this.#toldMs.delete(kind)
  }
}

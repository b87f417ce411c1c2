import { Backoff, type Random } from '../../core/backoff.ts'

/**
 * When the next request may go, and how many at once: one rest for all of them. Several requests which fail together
 * are one failure; after it a single one goes and finds out, and with each that gets through twice as many may.
 */
export class UploadGate {
  readonly #maxInFlight: number
  readonly #backoff: Backoff
  #allowed = 1
  #untilMs = Number.NEGATIVE_INFINITY
  #round = 0

  constructor(maxInFlight: number, random?: Random) {
    this.#maxInFlight = maxInFlight
    this.#backoff = new Backoff({ baseMs: 500, maxMs: 30_000, ...(random !== undefined && { random }) })
  }

  /** Raised by each failure. A request remembers it: an answer to one sent before the rest says nothing about later. */
  get round(): number {
    return this.#round
  }

  /** Until when all rest, monotonic milliseconds. */
  get untilMs(): number {
    return this.#untilMs
  }

  isOpen(inFlight: number, nowMs: number): boolean {
    return nowMs >= this.#untilMs && inFlight < this.#allowed
  }

  /** A request of this round got everything through, or some of it: then half as many may go at once. */
  passed(round: number, { isWhole }: { readonly isWhole: boolean }): void {
    if (round !== this.#round) return
    this.#backoff.reset()
    const allowed = isWhole ? 2 * this.#allowed : Math.floor(this.#allowed / 2)
    this.#allowed = Math.min(this.#maxInFlight, Math.max(1, allowed))
  }

  /** One got nothing through. `restMs`: default the next of growing delays. */
  failed(round: number, nowMs: number, restMs?: number): void {
    if (round !== this.#round) return
    this.#round += 1
    this.#allowed = 1
    this.#untilMs = nowMs + (restMs ?? this.#backoff.next())
  }

  /** Ends the rest: for a last attempt before the end. */
  open(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY
  }
}

import type { Budget, Reservation } from '../../core/budget.ts'
import type { Clock } from '../../core/clock.ts'

/** Batches of one shard on their way: one being carried, one waiting for it. */
const maxInFlight = 2

/** The batches of one shard on their way downstream, and the wait for room to fetch another. */
export class InFlight {
  readonly #clock: Clock
  readonly #budget: Budget
  /** When each of the batches was sent. */
  readonly #sentAtMs: number[] = []
  #waitingSinceMs: number | undefined
  #wake: () => void = () => {}

  constructor(clock: Clock, budget: Budget) {
    this.#clock = clock
    this.#budget = budget
  }

  get isWaiting(): boolean {
    return this.#waitingSinceMs !== undefined
  }

  /** Age of the oldest batch which is not taken; 0 when all are. */
  get oldestMs(): number {
    const nowMs = this.#clock.monotonic()
    return nowMs - (this.#sentAtMs[0] ?? nowMs)
  }

  /** How long a batch has not been taken, or no room was for another. */
  get heldBackMs(): number {
    const nowMs = this.#clock.monotonic()
    return Math.max(this.oldestMs, nowMs - (this.#waitingSinceMs ?? nowMs))
  }

  /** Waits until few enough batches are on their way and the budget has the bytes; undefined when the signal aborts. */
  async makeRoom(bytes: number, signal: AbortSignal): Promise<Reservation | undefined> {
    this.#waitingSinceMs = this.#clock.monotonic()
    try {
      while (this.#sentAtMs.length >= maxInFlight && !signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
          signal.addEventListener('abort', this.#wake, { once: true })
        })
        signal.removeEventListener('abort', this.#wake)
      }
      return await this.#budget.reserve(bytes, signal)
    } finally {
      this.#waitingSinceMs = undefined
    }
  }

  /** A batch leaves; what is returned frees its memory and its place, in the order in which they left. */
  send(reservation: Reservation): Reservation {
    this.#sentAtMs.push(this.#clock.monotonic())
    const free = (): void => {
      reservation.free()
      this.#sentAtMs.shift()
      this.#wake()
    }
    return { bytes: reservation.bytes, resize: () => {}, free }
  }
}

/** Bytes held for one fetch. */
export interface Reservation {
  readonly bytes: number
  /** Corrects the size once it is known; growing never waits, it delays whoever comes next. */
  resize(bytes: number): void
  /** Gives everything back; twice is fine. */
  free(): void
}

interface Waiter {
  readonly bytes: number
  readonly grant: (reservation: Reservation | undefined) => void
}

/**
 * The memory all lanes share. Bytes are reserved before they are fetched: without that, one full answer held by
 * each of 64 shards is more than a gigabyte.
 *
 * First come, first served, so that a lane which asks for much is not starved by many which ask for little.
 * One waiter a lane, so the queue is as long as there are lanes.
 */
export class Budget {
  readonly maxBytes: number
  #usedBytes = 0
  readonly #waiters: Waiter[] = []

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  get waiting(): number {
    return this.#waiters.length
  }

  /** Resolves with the reservation, or with undefined when `signal` aborts. More than `maxBytes` counts as `maxBytes`. */
  reserve(bytes: number, signal: AbortSignal): Promise<Reservation | undefined> {
    if (signal.aborted) return Promise.resolve(undefined)
    const wanted = Math.min(bytes, this.maxBytes)
    if (this.#waiters.length === 0 && this.#usedBytes + wanted <= this.maxBytes) {
      return Promise.resolve(this.#take(wanted))
    }
    return new Promise((resolve) => {
      const waiter: Waiter = {
        bytes: wanted,
        grant: (reservation) => {
          signal.removeEventListener('abort', leave)
          resolve(reservation)
        },
      }
      const leave = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
        waiter.grant(undefined)
        this.#serve()
      }
      signal.addEventListener('abort', leave)
      this.#waiters.push(waiter)
    })
  }

  #take(bytes: number): Reservation {
    let held = bytes
    this.#usedBytes += held
    const change = (next: number): void => {
      this.#usedBytes += next - held
      held = next
      this.#serve()
    }
    let open = true
    return {
      get bytes() {
        return held
      },
      resize: (next) => {
        if (open) change(next)
      },
      free: () => {
        open = false
        if (held > 0) change(0)
      },
    }
  }

  #serve(): void {
    for (let first = this.#waiters[0]; first !== undefined; first = this.#waiters[0]) {
      if (this.#usedBytes + first.bytes > this.maxBytes) return
      this.#waiters.shift()
      first.grant(this.#take(first.bytes))
    }
  }
}

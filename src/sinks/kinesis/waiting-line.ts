import { KinloaderError } from '../../core/errors.ts'
import { onAbort } from '../deferred.ts'

/** Somebody who waits for room. */
interface Waiter {
  readonly bytes: number
  /** There is room: acts at once, so that nobody overtakes. */
  readonly granted: () => void
  readonly refused: (error: Error) => void
}

/** Served ones are cut off when there are so many. */
const servedAtOnce = 1024

/**
 * Who waits for room, first come first served. A million may stand here: to serve one must cost the same however many
 * are behind, and taking the first off an array moves all others.
 */
export class WaitingLine {
  readonly #hasRoom: (bytes: number) => boolean
  #waiters: (Waiter | undefined)[] = []
  /** Waiters before this are served. */
  #first = 0
  #bytes = 0

  constructor(hasRoom: (bytes: number) => boolean) {
    this.#hasRoom = hasRoom
  }

  /** For how much room those in the line wait. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#first === this.#waiters.length
  }

  /** Resolves as `take`, called when there is room; rejects with `ABORTED` or why all were refused. */
  join<T>(bytes: number, take: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      let forget = (): void => {}
      const waiter: Waiter = {
        bytes,
        granted: () => {
          forget()
          resolve(take())
        },
        refused: (error) => {
          forget()
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      this.#bytes += bytes
      if (signal === undefined) return
      forget = onAbort(signal, () => {
        this.#leave(waiter)
      })
    })
  }

  /** Lets in one after the other, while there is room for the first. */
  serve(): void {
    for (let waiter = this.#waiters[this.#first]; waiter !== undefined; waiter = this.#waiters[this.#first]) {
      if (!this.#hasRoom(waiter.bytes)) return
      // It holds on to its event, and the next may wait for hours.
      this.#waiters[this.#first] = undefined
      this.#first += 1
      this.#bytes -= waiter.bytes
      if (this.#first >= servedAtOnce && 2 * this.#first >= this.#waiters.length) {
        this.#waiters = this.#waiters.slice(this.#first)
        this.#first = 0
      }
      waiter.granted()
    }
  }

  /** Nobody is let in any more. */
  refuse(reason: Error): void {
    const waiters = this.#waiters.slice(this.#first)
    this.#waiters = []
    this.#first = 0
    this.#bytes = 0
    for (const waiter of waiters) waiter?.refused(reason)
  }

  #leave(waiter: Waiter): void {
    const at = this.#waiters.indexOf(waiter, this.#first)
    if (at < 0) return
    this.#waiters.splice(at, 1)
    this.#bytes -= waiter.bytes
    waiter.refused(givenUp())
    // It may have been the one for which there was no room.
    this.serve()
  }
}

export function givenUp(): KinloaderError {
  return new KinloaderError('ABORTED', 'The write was given up before the event was taken.')
}

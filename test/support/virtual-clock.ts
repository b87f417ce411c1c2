import { performance } from 'node:perf_hooks'
import type { Clock } from '../../src/core/clock.ts'

/**
 * Time which moves only when told.
 *
 * `advance` and `runUntil` first let the event loop settle: they wait until nobody is between `enter` and `leave`
 * and several turns of the loop have brought nothing new. Then they jump to the next sleeper, wake it alone, and let
 * the loop settle again. Sleepers of the same instant wake in the order in which they lay down, so a run whose
 * I/O stays within `enter` and `leave` always goes the same way.
 */
export interface VirtualClockOptions {
  /** What `now()` says at the start, in milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  startMs?: number
  /** What `monotonic()` says at the start, in milliseconds. Default 1,000,000, so that nobody takes it for a date. */
  monotonicStartMs?: number
  /** How long, in real milliseconds, somebody may stay between `enter` and `leave`. Default 10,000. */
  stuckMs?: number
}

interface Sleeper {
  readonly dueMs: number
  readonly order: number
  wake(): void
}

/** Quiet turns of the event loop in a row which count as settled; one drains all promises, streams may need a second. */
const quietTurns = 3
/** Turns without peace after which somebody must be working in a circle without ever sleeping. */
const maxTurns = 100_000

export class VirtualClock implements Clock {
  readonly #stuckMs: number
  #wallOffsetMs: number
  #monotonicMs: number
  /** Sorted by due time, then by order of lying down; the next one is last, so that it is popped cheaply. */
  readonly #sleepers: Sleeper[] = []
  #laidDown = 0
  #activity = 0
  #inFlight = 0
  #idleWaiters: (() => void)[] = []
  #running = false

  constructor(options: VirtualClockOptions = {}) {
    this.#monotonicMs = options.monotonicStartMs ?? 1_000_000
    this.#wallOffsetMs = (options.startMs ?? Date.UTC(2026, 0, 1)) - this.#monotonicMs
    this.#stuckMs = options.stuckMs ?? 10_000
  }

  now(): number {
    return this.#monotonicMs + this.#wallOffsetMs
  }

  monotonic(): number {
    return this.#monotonicMs
  }

  /** As the contract says; throws what a real timer would turn into "at once": a duration no timer can keep. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (!(durationMs <= 2 ** 31 - 1)) throw new RangeError(`no timer sleeps ${durationMs} ms`)
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', interrupt)
        this.#activity++
        resolve()
      }
      const sleeper = { dueMs: this.#monotonicMs + Math.max(0, durationMs), order: this.#laidDown++, wake }
      const interrupt = (): void => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1)
        wake()
      }
      signal?.addEventListener('abort', interrupt)
      this.#sleepers.splice(this.#placeOf(sleeper), 0, sleeper)
      this.#activity++
    })
  }

  /** The wall clock jumps, forwards or back, as when somebody sets it; durations do not notice. */
  stepWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  /** Work has begun which the event loop finishes without the clock: time stands still until `leave`. */
  enter(): void {
    this.#inFlight++
    this.#activity++
  }

  leave(): void {
    if (this.#inFlight === 0) throw new Error('leave() without enter()')
    this.#inFlight--
    this.#activity++
    if (this.#inFlight === 0) for (const wake of this.#idleWaiters.splice(0)) wake()
  }

  /** Time stands still until the promise has settled: for real I/O, such as a file's. */
  async busy<T>(work: Promise<T>): Promise<T> {
    this.enter()
    try {
      return await work
    } finally {
      this.leave()
    }
  }

  /** How many sleep at the moment. */
  get sleepers(): number {
    return this.#sleepers.length
  }

  /** Lets time pass: everybody due wakes, one by one, those who lie down on the way included. */
  async advance(durationMs: number): Promise<void> {
    await this.#run(async () => {
      const endMs = this.#monotonicMs + durationMs
      await this.#settle()
      while (this.#nextDueMs() <= endMs) await this.#wakeNext()
      this.#monotonicMs = endMs
      await this.#settle()
    })
  }

  /**
   * Lets time pass until the promise settles (then as it does) or the predicate holds. Fails when `maxMs` of virtual
   * time (default a day) have passed, and at once when nobody sleeps: then nothing could ever happen.
   */
  runUntil<T>(goal: Promise<T>, options?: { maxMs?: number }): Promise<T>
  runUntil(goal: () => boolean, options?: { maxMs?: number }): Promise<undefined>
  async runUntil<T>(goal: Promise<T> | (() => boolean), options: { maxMs?: number } = {}): Promise<T | undefined> {
    let outcome: Promise<T> | undefined
    if (typeof goal !== 'function') {
      const settled = (): void => {
        outcome = goal
      }
      goal.then(settled, settled)
    }
    const isDone = (): boolean => (typeof goal === 'function' ? goal() : outcome !== undefined)
    await this.#run(async () => {
      const maxMs = options.maxMs ?? 24 * 3_600_000
      const startMs = this.#monotonicMs
      await this.#settle()
      while (!isDone()) {
        const dueMs = this.#nextDueMs()
        if (dueMs === Infinity) {
          throw new Error(
            `deadlock ${this.#monotonicMs - startMs} ms into the run: nobody sleeps, no request is in flight`,
          )
        }
        if (dueMs > startMs + maxMs) throw new Error(`not reached within ${maxMs} ms of virtual time`)
        await this.#wakeNext()
      }
    })
    return outcome
  }

  /** A clock for one program of a simulation, which a crash can cut off. */
  branch(): ClockBranch {
    return new ClockBranch(this)
  }

  async #run(body: () => Promise<void>): Promise<void> {
    if (this.#running) throw new Error('the clock is being run by somebody else')
    this.#running = true
    try {
      await body()
    } finally {
      this.#running = false
    }
  }

  async #wakeNext(): Promise<void> {
    const sleeper = this.#sleepers.pop()
    if (sleeper === undefined) return
    this.#monotonicMs = Math.max(this.#monotonicMs, sleeper.dueMs)
    sleeper.wake()
    await this.#settle()
  }

  async #settle(): Promise<void> {
    for (let quiet = 0, turns = 0; quiet < quietTurns; quiet++, turns++) {
      if (turns > maxTurns) throw new Error('time cannot move: somebody works in a circle without sleeping')
      const before = this.#activity
      if (this.#inFlight > 0) await this.#idle()
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#activity !== before || this.#inFlight > 0) quiet = -1
    }
  }

  async #idle(): Promise<void> {
    const sinceMs = performance.now()
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new Error(`${this.#inFlight} entered and did not leave for ${Math.round(performance.now() - sinceMs)} ms`),
        )
      }, this.#stuckMs)
      this.#idleWaiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #nextDueMs(): number {
    return this.#sleepers.at(-1)?.dueMs ?? Infinity
  }

  #placeOf(sleeper: Sleeper): number {
    let low = 0
    let high = this.#sleepers.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#sleepers[middle]
      // A newcomer goes before all others of its instant, as the list is popped from its end.
      if (other !== undefined && other.dueMs > sleeper.dueMs) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The same time, until the program it belongs to is killed: afterwards its sleepers never wake and never count. */
export class ClockBranch implements Clock {
  readonly #trunk: VirtualClock
  readonly #death = new AbortController()

  constructor(trunk: VirtualClock) {
    this.#trunk = trunk
  }

  now(): number {
    return this.#trunk.now()
  }

  monotonic(): number {
    return this.#trunk.monotonic()
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    const death = this.#death.signal
    const either = signal === undefined ? death : AbortSignal.any([signal, death])
    if (!death.aborted) await this.#trunk.sleep(durationMs, either)
    if (death.aborted) await new Promise(() => {})
  }

  cutOff(): void {
    this.#death.abort()
  }
}

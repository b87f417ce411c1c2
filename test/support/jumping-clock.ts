import type { Clock } from '../../src/core/clock.ts'

/** A clock on which sleeping takes no real time: a sleep moves it forwards and is over. Records every sleep. */
export class JumpingClock implements Clock {
  readonly sleeps: number[] = []
  /** Awaited in the n-th sleep, counted from 1: the place to change the world meanwhile. */
  onSleep: ((count: number) => Promise<void>) | undefined
  #nowMs: number

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return
    this.sleeps.push(durationMs)
    this.#nowMs += durationMs
    await this.onSleep?.(this.sleeps.length)
    // Lets requests which are in flight go on, as a real sleep would.
    await new Promise((resolve) => setImmediate(resolve))
  }
}

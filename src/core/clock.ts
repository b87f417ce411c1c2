/**
 * The only door to time outside host/. Programs hand in the system clock, simulations a virtual one, so code
 * which keeps to this door runs a day in a second and always the same way.
 */
export interface Clock {
  /** Wall-clock milliseconds since 1970; may jump. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back. For durations. */
  monotonic(): number
  /**
   * Resolves after `durationMs`, or at once when `signal` aborts. Never rejects: a sleeper looks at its signal
   * afterwards, as it must after every await.
   */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
}

import type { Clock } from './clock.ts'

/** Gives the work a deadline, which aborts after so many milliseconds, and waits for the work however long it takes. */
export async function withDeadline(
  clock: Clock,
  durationMs: number,
  work: (deadline: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const deadline = new AbortController()
  const done = new AbortController()
  const timer = clock.sleep(durationMs, done.signal).then(() => {
    deadline.abort()
  })
  try {
    await work(deadline.signal)
  } finally {
    done.abort()
    await timer
  }
}

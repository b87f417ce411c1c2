import { isAborted, orAborted } from '../../core/aborting.ts'
import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'

/** Breaks the work off after the time-out, with `FIREHOSE_TIMEOUT`; by the given clock, so simulations have it too. */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const done = new AbortController()
  void clock.sleep(timeoutMs, AbortSignal.any([signal, done.signal])).then(() => {
    late.abort()
  })
  try {
    const either = AbortSignal.any([signal, late.signal])
    return await orAborted(work(either), either)
  } catch (cause) {
    if (!late.signal.aborted || isAborted(signal)) throw cause
    throw new KinloaderError('FIREHOSE_TIMEOUT', `there was no answer in ${timeoutMs} ms`, { cause, retryable: true })
  } finally {
    done.abort()
  }
}

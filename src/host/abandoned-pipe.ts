import { constants, fstatSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { errorCode } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'

const stdoutDescriptor = 1

/**
 * Resolves when nobody reads the pipe on stdout any more, or when the signal aborts. A write would tell, but one which
 * has nothing to write, as in `follow | head -1`, would stay for ever.
 *
 * Linux refuses to open a pipe for writing which has no reader; elsewhere it is never found out this way.
 */
export async function abandonedPipe(clock: Clock, signal: AbortSignal, intervalMs = 500): Promise<void> {
  const isPipe = fstatSync(stdoutDescriptor).isFIFO()
  while (!signal.aborted) {
    if (isPipe && !(await hasReader())) return
    await clock.sleep(intervalMs, signal)
  }
}

async function hasReader(): Promise<boolean> {
  try {
    const { O_WRONLY, O_NONBLOCK } = constants
    await (await open(`/proc/self/fd/${stdoutDescriptor}`, O_WRONLY | O_NONBLOCK)).close()
    return true
  } catch (error) {
    return errorCode(error) !== 'ENXIO'
  }
}

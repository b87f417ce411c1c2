import type { Readable } from 'node:stream'
import { errorText, KinloaderError } from '../../../core/errors.ts'
import { isAborted } from '../../../core/aborting.ts'
import type { Clock } from '../../../core/clock.ts'

export interface ChunksOptions {
  readonly clock: Clock
  /** Aborts when the program shall end. */
  readonly signal: AbortSignal
  /** From the abort to the end of reading, so that what a pipe still brings is not lost. Default 2,000. */
  readonly graceMs?: number
  /** How long nothing must have come for `quiet`. Default 100. */
  readonly quietMs?: number
}

/**
 * The input as it comes. `quiet`, once each time when nothing has come for a while; `stopped`, at last, when reading
 * ended before the input. Throws `READ_FAILED`.
 */
export async function* chunksOf(
  input: Readable,
  { clock, signal, graceMs = 2000, quietMs = 100 }: ChunksOptions,
): AsyncGenerator<Buffer | 'quiet' | 'stopped', void> {
  const stopped = new AbortController()
  const over = new AbortController()
  const stop = async (): Promise<void> => {
    await clock.sleep(graceMs, over.signal)
    if (isAborted(over.signal)) return
    stopped.abort()
    input.destroy() // what waits for the next chunk is woken by this
  }
  const stopping = (): void => void stop()
  if (signal.aborted) stopping()
  else signal.addEventListener('abort', stopping, { once: true })
  const iterator: AsyncIterator<unknown> = input[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = chunkFrom(iterator)
      const pause = new AbortController()
      const first = await Promise.race([next, clock.sleep(quietMs, pause.signal).then(() => 'quiet' as const)])
      pause.abort()
      if (first === 'quiet') yield first
      const chunk = first === 'quiet' ? await next : first
      if (isAborted(stopped.signal)) {
        yield 'stopped'
        return
      }
      if (chunk instanceof KinloaderError) throw chunk
      if (chunk === 'end') return
      yield chunk
    }
  } finally {
    signal.removeEventListener('abort', stopping)
    over.abort()
    input.destroy()
  }
}

/** Never rejects: nobody may be there any more when it comes. */
async function chunkFrom(iterator: AsyncIterator<unknown>): Promise<Buffer | 'end' | KinloaderError> {
  try {
    const result: IteratorResult<unknown> = await iterator.next()
    return result.done === true ? 'end' : (result.value as Buffer)
  } catch (cause) {
    return new KinloaderError('READ_FAILED', `Failed to read the input: ${errorText(cause)}.`, { cause })
  }
}

import type { FirehoseClient } from '@aws-sdk/client-firehose'
import { errorText } from '../../../core/errors.ts'
import { checkStream } from '../../../sinks/firehose/stream-check.ts'
import type { ProgramHost } from '../../../host/run.ts'

/** For how long the start waits for what AWS says of the stream, in milliseconds: who sends by UDP does not wait. */
const checkMs = 10_000

/** Rejects when it is certain that nothing can be delivered. What AWS says too late is told, and no more. */
export async function checkedStream(
  client: FirehoseClient,
  stream: string,
  { clock, logger, signal }: Pick<ProgramHost, 'clock' | 'logger' | 'signal'>,
): Promise<void> {
  const done = new AbortController()
  const check = checkStream({ client, stream, logger, signal })
  const late = clock.sleep(checkMs, AbortSignal.any([signal, done.signal])).then(() => !done.signal.aborted)
  const isLate = await Promise.race([check.then(() => false), late])
  done.abort()
  if (!isLate || signal.aborted) return
  logger.warn('stream', {
    stream,
    warning: `AWS has not said in ${checkMs} ms whether the stream is there`,
    effect: 'starting all the same',
  })
  check.catch((error: unknown) => {
    logger.error('stream', { stream, error: errorText(error) })
  })
}

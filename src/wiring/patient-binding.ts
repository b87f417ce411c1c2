import { isAborted } from '../core/aborting.ts'
import { Backoff } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { KinloaderError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { ListenFailure } from '../sources/sockets/listener.ts'
import type { SocketSource } from '../sources/sockets/source.ts'
import { sentence } from './sentence.ts'

export interface PatientBindingOptions {
  readonly source: Pick<SocketSource, 'open' | 'ports' | 'close'>
  /** Of the first attempt. */
  readonly failures: readonly ListenFailure[]
  readonly clock: Clock
  readonly logger: Logger
}

/** A process which is just ending may hold all ports for so long. */
const patienceMs = 5000
const retryMs = 1000
const maxRetryMs = 30_000

/**
 * What becomes of ports which could not be bound. With one that could, the input runs: the others are an ERROR line each
 * and are tried again for as long as it does. Without any it waits a little; then all of it is one error, which ends the
 * input, and splunkd starts it again. Resolves when there is something to listen to, or at the abort.
 */
export async function bindPatiently(options: PatientBindingOptions, signal: AbortSignal): Promise<void> {
  const { source, clock, logger } = options
  let { failures } = options
  const isDeaf = (): boolean => source.ports().every((port) => port === 0)
  const giveUpMs = clock.monotonic() + patienceMs
  while (isDeaf() && !isAborted(signal) && clock.monotonic() < giveUpMs) {
    await clock.sleep(retryMs, signal)
    if (!isAborted(signal)) failures = await source.open()
  }
  if (isAborted(signal)) return
  if (isDeaf()) {
    await source.close(AbortSignal.abort())
    const [first] = failures
    throw new KinloaderError(first?.code ?? 'LISTEN_FAILED', failures.map(({ message }) => sentence(message)).join(' '))
  }
  for (const { listener, code, message } of failures) {
    logger.error('listen', {
      transport: listener.transport,
      port: listener.port,
      error: message,
      code,
      effect: 'the other ports work; this one is tried again, told once',
    })
  }
  if (failures.length > 0) void keepTrying(options, signal)
}

async function keepTrying({ source, clock }: PatientBindingOptions, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff({ baseMs: retryMs, maxMs: maxRetryMs })
  for (;;) {
    await clock.sleep(backoff.next(), signal)
    if (signal.aborted || (await source.open()).length === 0) return
  }
}

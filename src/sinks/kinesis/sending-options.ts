import { KinloaderError } from '../../core/errors.ts'

/** How a sender collects and puts. */
export interface SendingOptions {
  /** How long events are collected before they are sent, in milliseconds. Default 1,000. */
  readonly flushIntervalMs?: number
  /** PutRecords at the same time. Default 3. */
  readonly maxParallelFlushes?: number
  /** Bytes of events with their metadata held in memory until they are delivered. Default 32 MiB. */
  readonly maxPendingBytes?: number
  /** What a write does when that is reached: `wait`, or `drop` the event and count it. Default `wait`. */
  readonly whenFull?: 'wait' | 'drop'
  /**
   * How long a refusal which waiting does not mend (deleted stream, denied access, bad credentials) is met with
   * patience before the sender fails, in milliseconds. Default Infinity.
   */
  readonly giveUpMs?: number
}

/** Throws `BAD_SETTING` for what could never work; NaN is no number here. */
export function checkSendingOptions(options: SendingOptions): void {
  const { flushIntervalMs = 1, maxParallelFlushes = 1, maxPendingBytes = 1, whenFull = 'wait', giveUpMs = 0 } = options
  if (!(flushIntervalMs > 0)) throw badOption('flushIntervalMs must be more than 0 milliseconds.')
  if (!(maxParallelFlushes >= 1)) throw badOption('maxParallelFlushes must be at least 1.')
  if (!(maxPendingBytes >= 1)) throw badOption('maxPendingBytes must be at least 1.')
  if (!(giveUpMs >= 0)) throw badOption('giveUpMs must be at least 0 milliseconds.')
  if (!['wait', 'drop'].includes(whenFull)) throw badOption('whenFull must be wait or drop.')
}

function badOption(message: string): KinloaderError {
  return new KinloaderError('BAD_SETTING', message)
}

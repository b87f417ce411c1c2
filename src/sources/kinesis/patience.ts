import { kinesisAdvice } from '../../clients/kinesis-advice.ts'
import type { KinesisFault } from '../../clients/kinesis-errors.ts'
import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'

/** What passes by itself: waited out however long it takes. */
const passing: ReadonlySet<KinesisFault> = new Set(['transient', 'throttled', 'future', 'aborted', 'expired-token'])

export interface PatienceOptions {
  readonly clock: Clock
  /** For messages. */
  readonly streamName: string
  readonly giveUpMs: number
  /** Called with the reason when the time is up. */
  readonly giveUp: (reason: KinloaderError) => void
}

/**
 * For how long a refusal is waited out which waiting does not mend: a stream which was deleted, a permission taken
 * away, credentials which have expired. The same shard, or the listing of all, must have been refused for the whole
 * time, without a success in between. Holds one entry a failing shard.
 */
export class Patience {
  readonly #options: PatienceOptions
  readonly #sinceMs = new Map<string, number>()

  constructor(options: PatienceOptions) {
    this.#options = options
  }

  /** `scope` is a shard, or the stream as a whole. */
  refused(scope: string, fault: KinesisFault, error: unknown): void {
    if (passing.has(fault)) return
    const { clock, streamName, giveUpMs, giveUp } = this.#options
    const nowMs = clock.monotonic()
    const sinceMs = this.#sinceMs.get(scope) ?? nowMs
    this.#sinceMs.set(scope, sinceMs)
    // A position of another shard becomes no better by waiting.
    if (nowMs - sinceMs >= giveUpMs || fault === 'wrong-shard') giveUp(refusal(fault, error, streamName))
  }

  recovered(scope: string): void {
    this.#sinceMs.delete(scope)
  }
}

/** One sentence for whoever started the reader. */
export function refusal(fault: KinesisFault, error: unknown, streamName: string): KinloaderError {
  const advice = kinesisAdvice(fault, error, streamName)
  return new KinloaderError('STREAM_REFUSED', `${advice.charAt(0).toUpperCase()}${advice.slice(1)}.`, { cause: error })
}

import { kinesisFault } from '../../clients/kinesis-errors.ts'
import type { KinesisInlet } from '../../clients/kinesis-inlet.ts'
import { isAborted } from '../../core/aborting.ts'
import type { Random } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { awsMessage } from '../../clients/aws-message.ts'
import type { ShardMap } from './shard-map.ts'

export interface ShardListingOptions {
  readonly inlet: KinesisInlet
  readonly shards: ShardMap
  readonly clock: Clock
  readonly logger: Logger
  readonly streamName: string
  readonly random?: Random | undefined
}

const everyMs = 60_000
/** After a failure, and at least between two listings. */
const againMs = 2000

/** Keeps the map of open shards up to date: every minute, and when a record came to a shard the map does not have. */
export class ShardListing {
  readonly #options: ShardListingOptions
  #wake = new AbortController()
  #told = false

  constructor(options: ShardListingOptions) {
    this.#options = options
  }

  /** The map is known to be old. */
  refresh(): void {
    this.#wake.abort()
  }

  /** Until the signal aborts. Never rejects: a sender may put without being allowed to list. */
  async run(signal: AbortSignal): Promise<void> {
    const { inlet, shards, clock, random = Math.random } = this.#options
    while (!signal.aborted) {
      this.#wake = new AbortController()
      let waitMs = everyMs * (0.75 + random() / 2)
      try {
        shards.update(await inlet.openShards(signal))
      } catch (error) {
        if (isAborted(signal)) return
        const fault = kinesisFault(error)
        this.#tell(fault === 'denied', error)
        if (fault !== 'denied') waitMs = againMs * (1 + random())
      }
      // What was true a moment ago must not be asked for again and again.
      await clock.sleep(againMs, signal)
      // A refresh asked for since then has aborted this already.
      await clock.sleep(waitMs, AbortSignal.any([signal, this.#wake.signal]))
    }
  }

  /** Once; a stream which cannot be reached at all is told by the puts. */
  #tell(isDenied: boolean, error: unknown): void {
    if (!isDenied || this.#told) return
    this.#told = true
    this.#options.logger.warn('list_shards', {
      stream: this.#options.streamName,
      error: `the shards may not be listed, so records are spread by random keys and throttled shards are not avoided; allow kinesis:ListShards (${awsMessage(error)})`,
    })
  }
}

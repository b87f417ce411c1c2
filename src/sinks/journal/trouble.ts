import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Counters } from '../../core/metrics.ts'
import { SeldomTold } from '../seldom-told.ts'
import { spoolError } from '../spooling/errors.ts'

export interface SpoolTroubleOptions {
  readonly folder: string
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
  /** Nobody waits any more. */
  readonly over: AbortSignal
}

/**
 * Times in which the disk takes nothing. Each is counted; told, when it begins and when it ends, is one a minute: near its
 * quota a spool is full and takes messages again many times a second.
 */
export class SpoolTrouble {
  readonly #options: SpoolTroubleOptions
  #sinceMs: number | undefined
  readonly #told: SeldomTold
  #isTold = false
  #waiting = new AbortController()

  constructor(options: SpoolTroubleOptions) {
    this.#options = options
    this.#told = new SeldomTold(options.clock)
    options.over.addEventListener('abort', () => {
      this.hurry()
    })
  }

  get isOn(): boolean {
    return this.#sinceMs !== undefined
  }

  /** Resolves when it is worth another try: after a second, when room was made, or when all is over. */
  async wait(error: unknown): Promise<void> {
    const { folder, clock, logger, counters, over } = this.#options
    if (this.#sinceMs === undefined) {
      this.#sinceMs = clock.monotonic()
      counters.add('spool_full_waits')
      this.#isTold = this.#told.isDue('full')
      if (this.#isTold) {
        const { message, code } = spoolError(error, folder)
        const effect = 'TCP and TLS wait, UDP is dropped; tried again each second'
        logger.warn('spool', { error: message, code, effect })
      }
    }
    if (!over.aborted) await clock.sleep(retryMs, this.#waiting.signal)
  }

  ended(): void {
    if (this.#sinceMs === undefined) return
    const { clock, logger } = this.#options
    const seconds = Math.round((clock.monotonic() - this.#sinceMs) / 1000)
    this.#sinceMs = undefined
    if (this.#isTold) logger.info('spool', { state: 'taking messages again', seconds })
  }

  /** Those who wait try again at once. */
  hurry(): void {
    this.#waiting.abort()
    this.#waiting = new AbortController()
  }
}

const retryMs = 1000

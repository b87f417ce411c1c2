import { kinesisAdvice } from '../../clients/kinesis-advice.ts'
import type { KinesisFault } from '../../clients/kinesis-errors.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { SeldomTold } from '../seldom-told.ts'

/** Tells of failing puts and dropped events: a new kind at once, the same one once a minute, and when it is over. */
export class PutFaultLog {
  readonly #logger: Logger
  readonly #stream: string
  readonly #told: SeldomTold
  #isFailing = false

  constructor(logger: Logger, clock: Clock, stream: string) {
    this.#logger = logger
    this.#told = new SeldomTold(clock)
    this.#stream = stream
  }

  entryRefused(code: string, message: string): void {
    const isThrottled = code === 'ProvisionedThroughputExceededException'
    if (!this.#told.isDue(isThrottled ? 'throttled' : 'entry')) return
    this.#logger.warn('put', {
      stream: this.#stream,
      error: isThrottled
        ? `stream ${this.#stream} takes less than it is given; nothing is lost, but add shards if this stays (${message})`
        : `Kinesis refused records of stream ${this.#stream} for a moment; they are put again (${code}: ${message})`,
    })
  }

  requestFailed(fault: KinesisFault, error: unknown): void {
    this.#isFailing = true
    if (!this.#told.isDue(fault)) return
    const mends = fault === 'throttled' || fault === 'transient'
    this.#logger[mends ? 'warn' : 'error']('put', {
      stream: this.#stream,
      error: kinesisAdvice(fault, error, this.#stream, 'put'),
      effect: 'nothing is lost yet, it is tried again',
    })
  }

  /** `dropped` are all so far. */
  eventDropped(dropped: number, why: string): void {
    if (!this.#told.isDue('dropped')) return
    this.#logger.error('drop', { stream: this.#stream, dropped, error: why })
  }

  recovered(): void {
    if (!this.#isFailing) return
    this.#isFailing = false
    this.#told.forgetAllBut('dropped')
    this.#logger.info('put', { stream: this.#stream, state: 'recovered' })
  }
}

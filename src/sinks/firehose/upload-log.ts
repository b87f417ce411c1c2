import { faultAction, firehoseAdvice, type FirehoseFault } from '../../clients/firehose-errors.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode, errorText } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { RefusedRecord } from './put-batch.ts'
import type { WaitingRecord } from './record-store.ts'
import { SeldomTold } from '../seldom-told.ts'

/** Tells of failing uploads: a new kind at once, the same one once a minute, and when it is over. */
export class UploadLog {
  readonly #logger: Logger
  readonly #stream: string
  readonly #told: SeldomTold
  #isFailing = false

  constructor(logger: Logger, clock: Clock, stream: string) {
    this.#logger = logger
    this.#told = new SeldomTold(clock)
    this.#stream = stream
  }

  failed(fault: FirehoseFault, error: unknown): void {
    this.#isFailing = true
    if (!this.#told.isDue(fault)) return
    this.#logger[faultAction(fault) === 'retry' ? 'warn' : 'error']('upload', {
      stream: this.#stream,
      error: firehoseAdvice(fault, error, this.#stream),
      effect: 'nothing is lost, the records stay in the spool and are tried again',
    })
  }

  refusedSome({ code, message }: RefusedRecord, count: number): void {
    if (!this.#told.isDue('some')) return
    this.#logger.warn('upload', {
      stream: this.#stream,
      records: count,
      error: `Firehose refused some records of a request for a moment; they are put again (${code}: ${message})`,
    })
  }

  /** The disk's trouble. */
  storeFailed(action: 'read' | 'remove' | 'quarantine', { name }: WaitingRecord, error: unknown): void {
    if (!this.#told.isDue(action)) return
    this.#logger.error('spool', {
      record: name,
      error: `cannot ${action} the record; see to the spool's disk and permissions (${errorText(error)})`,
      code: errorCode(error),
      effect:
        action === 'remove'
          ? 'it is delivered, and would be delivered again after a restart; it is tried again'
          : 'it is tried again, others go on',
    })
  }

  /** Something got through. */
  recovered(): void {
    if (!this.#isFailing) return
    this.#isFailing = false
    this.#told.forgetAllBut()
    this.#logger.info('upload', { stream: this.#stream, state: 'recovered' })
  }
}

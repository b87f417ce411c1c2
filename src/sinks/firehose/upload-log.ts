import { faultAction, firehoseAdvice, type FirehoseFault } from '../../clients/firehose-errors.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode, errorText } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { RefusedRecord } from './put-batch.ts'
import type { WaitingRecord } from './record-store.ts'

const repeatMs = 60_000

/** Tells of failing uploads: a new kind at once, the same one once a minute, and when it is over. */
export class UploadLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #stream: string
  /** When each kind was last told, monotonic milliseconds. A handful of kinds. */
  readonly #toldMs = new Map<string, number>()
  #isFailing = false

  constructor(logger: Logger, clock: Clock, stream: string) {
    this.#logger = logger
    this.#clock = clock
    this.#stream = stream
  }

  failed(fault: FirehoseFault, error: unknown): void {
    this.#isFailing = true
    if (!this.#isDue(fault)) return
    this.#logger[faultAction(fault) === 'retry' ? 'warn' : 'error']('upload', {
      stream: this.#stream,
      error: firehoseAdvice(fault, error, this.#stream),
      effect: 'nothing is lost, the records stay in the spool and are tried again',
    })
  }

  refusedSome({ code, message }: RefusedRecord, count: number): void {
    if (!this.#isDue('some')) return
    this.#logger.warn('upload', {
      stream: this.#stream,
      records: count,
      error: `Firehose refused some records of a request for a moment; they are put again (${code}: ${message})`,
    })
  }

  quarantined({ name, bytes }: WaitingRecord, reason: string): void {
    this.#logger.error('quarantine', {
      record: name,
      bytes,
      reason,
      error: 'the record cannot be delivered; it is kept aside for a human to look at, others go on',
    })
  }

  /** The disk's trouble. */
  storeFailed(action: 'read' | 'remove' | 'quarantine', { name }: WaitingRecord, error: unknown): void {
    if (!this.#isDue(action)) return
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
    this.#toldMs.clear()
    this.#logger.info('upload', { stream: this.#stream, state: 'recovered' })
  }

  #isDue(kind: string): boolean {
    const nowMs = this.#clock.monotonic()
    const toldMs = this.#toldMs.get(kind)
    if (toldMs !== undefined && nowMs - toldMs < repeatMs) return false
    this.#toldMs.set(kind, nowMs)
    return true
  }
}

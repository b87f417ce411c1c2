import { isAborted } from '../../core/aborting.ts'
import { Backoff } from '../../core/backoff.ts'
import type { WaitingRecord } from './record-store.ts'
import type { UploadLog } from './upload-log.ts'
import type { UploaderOptions } from './uploader-options.ts'

/** Takes records out of their store: the delivered ones, and those which cannot be. Never rejects. */
export class Disposal {
  readonly #options: UploaderOptions
  readonly #log: UploadLog

  constructor(options: UploaderOptions, log: UploadLog) {
    this.#options = options
    this.#log = log
  }

  /**
   * Tries until it is gone or the signal aborts, and keeps its request's place meanwhile: on a disk which removes
   * nothing only so many are delivered which a restart would deliver again.
   */
  async remove(record: WaitingRecord, signal: AbortSignal): Promise<void> {
    const { store, clock, random } = this.#options
    const backoff = new Backoff({ baseMs: 500, maxMs: 30_000, ...(random !== undefined && { random }) })
    for (;;) {
      try {
        await store.remove(record)
        return
      } catch (error) {
        this.#log.storeFailed('remove', record, error)
        if (isAborted(signal)) return
        await clock.sleep(backoff.next(), signal)
      }
    }
  }

  /** Whether it is aside now. */
  async quarantine(record: WaitingRecord, reason: string): Promise<boolean> {
    const { store, counters } = this.#options
    try {
      await store.quarantine(record, reason)
    } catch (error) {
      this.#log.storeFailed('quarantine', record, error)
      return false
    }
    counters.add(`quarantined.${reason}`)
    this.#log.quarantined(record, reason)
    return true
  }
}

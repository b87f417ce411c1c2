import { join } from 'node:path'
import { isAborted } from '../../../core/aborting.ts'
import { Backoff } from '../../../core/backoff.ts'
import type { Clock } from '../../../core/clock.ts'
import { errorCode, errorText } from '../../../core/errors.ts'
import type { Logger } from '../../../core/logger.ts'
import type { Counters } from '../../../core/metrics.ts'
import type { RecordFiles } from '../../../sinks/firehose/record-files.ts'
import type { ClosedSegment } from '../../../sinks/journal/read-segment.ts'
import type { SpoolFolder } from '../../../sinks/journal/spool-folder.ts'
import type { RecordThread } from './record-thread.ts'

export interface RecordLineOptions {
  readonly folder: SpoolFolder
  readonly records: RecordFiles
  readonly thread: RecordThread
  /** Of records made from now on. */
  readonly owner: () => string
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
  readonly onRecord: (bytes: number) => void
  /** Nothing is begun or tried again any more. */
  readonly signal: AbortSignal
}

/**
 * From segments to records on the disk, one after the other in their order: made by the thread, then offered to the
 * uploader, and only then is the segment gone. One which fails, for the disk is full, is tried again for ever; the
 * journal holds senders back long before too many wait.
 */
export class RecordLine {
  readonly #options: RecordLineOptions
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(options: RecordLineOptions) {
    this.#options = options
  }

  /** Segments which are not made into records yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** Resolves when all added by now are done, or the signal has aborted. Rejects when the thread has died. */
  get settled(): Promise<void> {
    return this.#last
  }

  add(segment: ClosedSegment): void {
    this.#waiting += 1
    this.#last = this.#last.then(() => this.#make(segment))
    // The thread's death is told by the thread.
    this.#last.catch(() => undefined)
  }

  async #make(segment: ClosedSegment): Promise<void> {
    const { thread, owner, clock, logger, signal } = this.#options
    const backoff = new Backoff({ baseMs: 1000, maxMs: 30_000 })
    while (!isAborted(signal)) {
      try {
        await this.#take(segment, await thread.make({ segment, owner: owner() }))
        this.#waiting -= 1
        return
      } catch (error) {
        if (errorCode(error) === 'WORKER') throw error
        const again = { segment: segment.file, effect: 'it stays in the journal and is tried again' }
        logger.warn('records', { error: errorText(error), code: errorCode(error), ...again })
        await clock.sleep(backoff.next(), signal)
      }
    }
  }

  async #take(segment: ClosedSegment, made: Awaited<ReturnType<RecordThread['make']>>): Promise<void> {
    const { folder, records, counters, onRecord } = this.#options
    for (const [name, count] of Object.entries(made.counted)) counters.add(name, count)
    for (const { name, bytes } of made.unfit) {
      await folder.quarantine.take(join(folder.recordsPath, name), bytes, 'too_large', {
        error: 'A message fits into no record of Firehose and is not delivered.',
        code: 'MESSAGE_TOO_LARGE',
      })
    }
    for (const bytes of made.records.bytes) onRecord(bytes)
    await folder.converted(segment, made.end)
    await records.added(made.records, made.end)
  }
}

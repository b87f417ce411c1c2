import { join } from 'node:path'
import { isAborted } from '../../../core/aborting.ts'
import { Backoff } from '../../../core/backoff.ts'
import type { Clock } from '../../../core/clock.ts'
import { errorCode, errorText } from '../../../core/errors.ts'
import type { Logger } from '../../../core/logger.ts'
import type { Counters } from '../../../core/metrics.ts'
import type { RecordFiles } from '../../../sinks/firehose/record-files.ts'
import type { ClosedSegment } from '../../../sinks/journal/read-segment.ts'
import { deadly } from '../../../sinks/journal/segment-deaths.ts'
import type { SpoolFolder } from '../../../sinks/journal/spool-folder.ts'
import { isDiskTrouble } from '../../../sinks/spooling/errors.ts'
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

export interface RecordHealth {
  /** For how long the oldest segment has failed, milliseconds. Absent while all is well. */
  readonly failingMs?: number
  /** The code of its last failure. */
  readonly lastError?: string
  /** For how long the segment in hand has been made into records, milliseconds. Absent while none is. */
  readonly makingMs?: number
}

/** How often a segment is tried which fails by itself: it would stand in the way of all behind it for ever. */
const maxFaults = 5

/**
 * From segments to records on the disk, one after the other in their order: made by the thread, then offered to the
 * uploader, and only then is the segment gone.
 *
 * One which the disk fails is tried again for ever; the journal holds senders back long before too many wait. One which
 * fails by itself, `maxFaults` times, goes to quarantine as it is, and the next is made. So does one over which as many
 * threads have died, each of which has ended its process.
 */
export class RecordLine {
  readonly #options: RecordLineOptions
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  #failing: { readonly sinceMs: number; readonly code: string } | undefined
  /** When the making began which is not over: a thread or a disk which hangs fails nothing. */
  #begunMs: number | undefined

  constructor(options: RecordLineOptions) {
    this.#options = options
  }

  /** Segments which are not made into records yet. */
  get waiting(): number {
    return this.#waiting
  }

  /** Whether the oldest segment fails at the moment, or takes its time. */
  health(): RecordHealth {
    const nowMs = this.#options.clock.monotonic()
    return {
      ...(this.#failing !== undefined && { failingMs: nowMs - this.#failing.sinceMs, lastError: this.#failing.code }),
      ...(this.#begunMs !== undefined && { makingMs: nowMs - this.#begunMs }),
    }
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
    const { folder, thread, owner, clock, logger, signal } = this.#options
    const backoff = new Backoff({ baseMs: 1000, maxMs: 30_000 })
    let faults = folder.deaths.of(segment.file)
    let lastFault: unknown = deadly(faults)
    while (!isAborted(signal)) {
      try {
        this.#begunMs = clock.monotonic()
        let isGone = true
        if (faults < maxFaults) await this.#take(segment, await thread.make({ segment, owner: owner() }))
        else isGone = await this.#setAside(segment, lastFault)
        this.#waiting -= 1
        this.#failing = undefined
        this.#begunMs = undefined
        // One which stays must not be made at the next start either.
        if (isGone) await this.#keepCount(segment, folder.deaths.forget(segment.file))
        return
      } catch (error) {
        this.#begunMs = undefined
        const code = errorCode(error)
        if (code === 'WORKER') {
          await this.#keepCount(segment, folder.deaths.add(segment.file))
          throw error
        }
        // It says nothing about this segment, nor about any other.
        if (code === 'WORKER_START') throw error
        if (!isDiskTrouble(code)) {
          faults += 1
          lastFault = error
        }
        this.#failing = { sinceMs: this.#failing?.sinceMs ?? clock.monotonic(), code }
        const again = { segment: segment.file, effect: 'it stays in the journal and is tried again' }
        logger.warn('records', { error: errorText(error), code, ...again })
        await clock.sleep(backoff.next(), signal)
      }
    }
  }

  /** A count of deaths which cannot be kept is no reason to stop. */
  async #keepCount(segment: ClosedSegment, counting: Promise<void>): Promise<void> {
    await counting.catch((error: unknown) => {
      this.#options.logger.warn('records', {
        error: errorText(error),
        segment: segment.file,
        effect: 'how often records have died over it is not known at the next start',
      })
    })
  }

  /** Whether it is gone. */
  async #setAside(segment: ClosedSegment, fault: unknown): Promise<boolean> {
    const { folder, records } = this.#options
    const code = errorCode(fault)
    const [reason, advice] =
      code === 'SEGMENT_UNREADABLE'
        ? ['unreadable', 'see to the disk, and put the file back into']
        : ['records_failed', 'report this; a version which can make them does when it starts with the file back in']
    const isGone = await folder.setAside(segment, reason, {
      error:
        `No records can be made of a segment of the journal (${errorText(fault)}), and its messages are not delivered: ` +
        `${advice} ${folder.journalPath}.`,
      code,
      segment: segment.file,
    })
    // What an earlier process made of it is all that can be delivered.
    await records.added({ segment: segment.file, bytes: [] }, { rest: 'damaged' })
    return isGone
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

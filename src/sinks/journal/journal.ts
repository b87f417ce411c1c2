import { isAborted } from '../../core/aborting.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode, KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { MessageBlock } from '../../core/message-block.ts'
import type { Counters } from '../../core/metrics.ts'
import type { Receipt, Sink } from '../../core/sink.ts'
import { settledOrAborted } from '../deferred.ts'
import { BlockWriter } from './block-writer.ts'
import { ClosingSegments } from './closing-segments.ts'
import type { ClosedSegment } from './read-segment.ts'
import { Segment, type SegmentPlace } from './segment.ts'
import type { SpoolFolder } from './spool-folder.ts'
import { SpoolTrouble } from './trouble.ts'
import { type WaitingWrite, WaitingWrites } from './waiting-writes.ts'

export interface JournalOptions {
  readonly folder: SpoolFolder
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
  /** Called with each segment which takes nothing more, in order. Must not throw. */
  readonly onSegment: (segment: ClosedSegment) => void
  /**
   * When a receipt is good: `always`, after an fsync, which all writes share that came during the one before;
   * `interval` (default), after the next of `fsyncIntervalMs`; `off`, at once, and a power cut may take anything.
   */
  readonly fsync?: FsyncPolicy
  /** Default 500. */
  readonly fsyncIntervalMs?: number
  /** A segment is closed when it holds so many bytes of messages. Default 4,194,304, at most 32 MiB. */
  readonly segmentBytes?: number
  /** Or when its oldest message is so old. Default 60,000. */
  readonly segmentMs?: number
}

interface CurrentSegment {
  readonly segment: Segment
  /** Aborts when it takes nothing more. */
  readonly left: AbortController
}

export type FsyncPolicy = 'always' | 'interval' | 'off'

/**
 * Keeps messages on disk before anybody may forget them.
 *
 *     write ──▶ waiting ──one append──▶ segment ──full or old──▶ closing ──fsync──▶ onSegment
 *                  ▲                       │
 *                  └── trouble: again ◀────┘ fsync ──▶ receipts
 *
 * A write resolves when its append has returned: from then on a message survives the death of this process. One append
 * is under way at a time; what came meanwhile goes out in the next, together. Each message gets a name, a GUID.
 *
 * Unlike other sinks it is not ended by trouble. Disk full, quota used, I/O error: the writes wait, which holds senders
 * back, until it is over. A failed fsync means that the kernel may have forgotten what it had taken, so nothing of that
 * segment is called safe; it is read back, checked, and written to another file (closing-segments.ts), and appends wait
 * for that. Receipts reject only when the journal is closed before they are good, or with `SPOOL_LOST`.
 *
 * The messages of a write must not change before it resolves.
 */
export class Journal implements Sink<MessageBlock> {
  readonly name = 'journal'
  readonly #options: JournalOptions
  readonly #fsync: FsyncPolicy
  readonly #place: SegmentPlace
  readonly #writer = new BlockWriter()
  readonly #waiting: WaitingWrites
  readonly #closing: ClosingSegments
  readonly #trouble: SpoolTrouble
  /** Aborts when nobody waits for anything any more. */
  readonly #over = new AbortController()
  #current: CurrentSegment | undefined
  #refusal: KinloaderError | undefined
  #draining: Promise<void> | undefined
  #syncing: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(options: JournalOptions) {
    const { folder, clock, logger, counters, onSegment } = options
    this.#options = options
    this.#fsync = options.fsync ?? 'interval'
    this.#place = { path: folder.journalPath, files: folder.files, space: folder.space, clock, counters }
    this.#trouble = new SpoolTrouble({ folder: folder.path, clock, logger, counters, over: this.#over.signal })
    folder.space.onFreed(() => {
      this.#trouble.hurry()
    })
    this.#waiting = new WaitingWrites(() => {
      this.#abort()
    })
    this.#closing = new ClosingSegments({
      place: this.#place,
      trouble: this.#trouble,
      logger,
      onSegment,
      isSynced: this.#fsync !== 'off',
      over: this.#over.signal,
    })
  }

  /** `full`: writes wait, because the disk takes nothing. */
  state(): 'ok' | 'full' {
    return this.#trouble.isOn ? 'full' : 'ok'
  }

  async write(blocks: readonly MessageBlock[], signal: AbortSignal): Promise<Receipt> {
    if (this.#refusal === undefined && signal.aborted) this.#refuse(aborted())
    if (this.#refusal !== undefined) throw this.#refusal
    if (blocks.length === 0) return { safe: Promise.resolve() }
    const taken = this.#waiting.add(blocks, signal)
    this.#draining ??= this.#drain()
    return taken
  }

  /** Closes the current segment; resolves when `onSegment` was called with it, and with all before it. */
  async rotate(): Promise<void> {
    if (this.#current !== undefined) this.#leave(this.#current.segment)
    await this.#closing.settled
  }

  async flush(deadline: AbortSignal): Promise<void> {
    await settledOrAborted(this.#makeSafe(), deadline)
  }

  /** What is in the current segment stays in the journal for the next start; `rotate` first to have it now. */
  close(deadline: AbortSignal): Promise<void> {
    this.#closed ??= this.#close(deadline)
    return this.#closed
  }

  async #drain(): Promise<void> {
    // What all connections bring in this turn of the loop goes out together.
    await nextTurn()
    while (!this.#waiting.isEmpty && !isAborted(this.#over.signal)) {
      const writes = this.#waiting.begin(maxAppendBytes)
      try {
        this.#waiting.end(await this.#append(writes))
        this.#trouble.ended()
      } catch (error) {
        this.#waiting.end(undefined)
        if (this.#refusal !== undefined) this.#waiting.refuseAborted(this.#refusal)
        await this.#trouble.wait(error)
      }
    }
    if (this.#refusal !== undefined) this.#waiting.refuseAll(this.#refusal)
    this.#draining = undefined
  }

  /** Resolves with the receipt. */
  async #append(writes: readonly WaitingWrite[]): Promise<Receipt> {
    const { folder, counters, segmentBytes = 4_194_304 } = this.#options
    // Behind a segment in doubt, or too many which wait for the disk.
    await this.#closing.untilOpen()
    try {
      await folder.space.check(writes.reduce((sum, { bytes }) => sum + bytes, 0))
    } catch (error) {
      // It may be what fills the spool, and room is made of closed segments only.
      if (this.#current !== undefined) this.#leave(this.#current.segment)
      throw error
    }
    this.#current ??= await this.#begin()
    // Nothing is awaited from here to the append: the segment might be left meanwhile.
    const { segment } = this.#current
    const bytes = this.#writer.encode(writes)
    const messages = writes.reduce((sum, { messageBytes }) => sum + messageBytes, 0)
    try {
      await segment.append(bytes, messages)
    } catch (error) {
      // A full disk may have room at this very place later; of a bad one another place may be good.
      if (segment.torn || !isFullDisk(error)) this.#leave(segment)
      throw error
    }
    counters.add('journal_bytes', bytes.length)
    counters.add('journal_writes')
    // Closed meanwhile, which has ended all receipts.
    if (isAborted(this.#over.signal)) throw new KinloaderError('CLOSED', 'The journal was closed over the write.')
    const safe = this.#fsync === 'off' ? Promise.resolve() : segment.untilSynced()
    if (segment.messageBytes >= segmentBytes || segment.wholeBytes >= largestFile(segmentBytes)) this.#leave(segment)
    else if (this.#fsync !== 'off') this.#syncing ??= this.#syncUntilSafe()
    return { safe }
  }

  async #begin(): Promise<CurrentSegment> {
    const { folder, clock, segmentMs = 60_000 } = this.#options
    const segment = await Segment.begin(folder.nextSegment(), this.#place)
    const left = new AbortController()
    void clock.sleep(segmentMs, left.signal).then(() => {
      this.#leave(segment)
    })
    return { segment, left }
  }

  /** The segment takes nothing more. */
  #leave(segment: Segment): void {
    if (this.#current?.segment !== segment) return
    this.#current.left.abort()
    this.#current = undefined
    this.#closing.add(segment)
  }

  async #syncUntilSafe(): Promise<void> {
    const { clock, fsyncIntervalMs = 500 } = this.#options
    // Once in any case: the segment may have been closed under the append, and whoever ends before the caller has put
    // down that he is at it would be at it for ever.
    do {
      if (this.#fsync === 'interval') await clock.sleep(fsyncIntervalMs, this.#over.signal)
      if (!isAborted(this.#over.signal)) await this.#syncCurrent()
    } while (this.#current?.segment.hasUnsafe === true && !isAborted(this.#over.signal))
    this.#syncing = undefined
  }

  async #syncCurrent(): Promise<void> {
    const segment = this.#current?.segment
    if (segment === undefined) return
    try {
      await segment.sync()
    } catch {
      // There it is found to have failed, and is written again.
      this.#leave(segment)
    }
  }

  async #makeSafe(): Promise<void> {
    if (this.#fsync !== 'off') await this.#syncCurrent()
    await this.#closing.settled
  }

  async #close(deadline: AbortSignal): Promise<void> {
    this.#refusal ??= new KinloaderError('CLOSED', 'The journal is closed; write before closing it.')
    await settledOrAborted(this.#draining ?? Promise.resolve(), deadline)
    await settledOrAborted(this.#makeSafe(), deadline)
    this.#over.abort()
    this.#waiting.refuseAll(this.#refusal)
    const missed = new KinloaderError('NOT_SETTLED', 'The journal was closed before its last messages were synced.')
    const segment = this.#current?.segment
    this.#current?.left.abort()
    this.#current = undefined
    segment?.rejectUnsafe(missed)
    this.#closing.giveUp(missed)
    if (segment !== undefined) await settledOrAborted(segment.close(), deadline)
  }

  #abort(): void {
    this.#refuse(aborted())
  }

  #refuse(reason: KinloaderError): void {
    this.#refusal ??= reason
    this.#waiting.refuseAborted(this.#refusal)
  }
}

/** What one append holds at most, unless a single write is larger: while it is under way nothing else goes out. */
const maxAppendBytes = 1024 * 1024

/** Messages of no length have no bytes, but take some of the file. */
function largestFile(segmentBytes: number): number {
  return Math.max(4 * segmentBytes, 16 * 1024 * 1024)
}

function aborted(): KinloaderError {
  return new KinloaderError('ABORTED', 'The write was aborted before it was taken.')
}

function isFullDisk(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errorCode(error))
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

import { isAborted } from '../../core/aborting.ts'
import { errorCode, KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { settledOrAborted } from '../deferred.ts'
import { decodeFrames } from '../spooling/frames.ts'
import type { ClosedSegment } from './read-segment.ts'
import { Segment, type SegmentPlace } from './segment.ts'
import { newSegmentName, segmentFile } from './segment-name.ts'
import type { SpoolTrouble } from './trouble.ts'

export interface ClosingSegmentsOptions {
  readonly place: SegmentPlace
  readonly trouble: SpoolTrouble
  readonly logger: Logger
  readonly onSegment: (segment: ClosedSegment) => void
  /** Whether segments are synced at all. */
  readonly isSynced: boolean
  readonly over: AbortSignal
}

/**
 * Segments which take nothing more, on their way to whoever makes records of them: synced, closed and handed on, one
 * after the other in their order.
 *
 * One whose fsync has failed is in doubt. Its bytes are mostly still in the page cache, though marked clean, so it is
 * read back, each frame checked, and written to a new file of the same number, until that one's fsync succeeds; only
 * then are its receipts good. What cannot be read back is lost, its receipts reject, and it is told; the file stays where
 * the next start finds it, for a disk may come back.
 */
export class ClosingSegments {
  readonly #options: ClosingSegmentsOptions
  readonly #segments = new Set<Segment>()
  #settled: Promise<void> = Promise.resolve()
  #inDoubt = 0

  constructor(options: ClosingSegmentsOptions) {
    this.#options = options
  }

  /** Resolves when all added by now are handed on. */
  get settled(): Promise<void> {
    return this.#settled
  }

  add(segment: Segment): void {
    this.#segments.add(segment)
    this.#settled = this.#settled.then(async () => {
      await this.#finish(segment)
      this.#segments.delete(segment)
    })
  }

  /** Resolves when appends may go on: none is in doubt, and not too many wait for their fsync with a file open each. */
  async untilOpen(): Promise<void> {
    const { over } = this.#options
    while ((this.#inDoubt > 0 || this.#segments.size >= maxClosing) && !isAborted(over)) {
      await settledOrAborted(this.#settled, over)
    }
  }

  giveUp(reason: Error): void {
    for (const segment of this.#segments) segment.rejectUnsafe(reason)
  }

  async #finish(segment: Segment): Promise<void> {
    const { isSynced, onSegment } = this.#options
    await segment.idle
    if (segment.wholeBytes === 0) {
      await segment.discard().catch(() => undefined)
      return
    }
    let whole: Segment | undefined = segment
    if (isSynced) {
      try {
        await segment.sync()
      } catch (error) {
        this.#inDoubt += 1
        whole = await this.#rewritten(segment, error)
        this.#inDoubt -= 1
      }
    }
    await whole?.close()
    if (whole === undefined || this.#options.over.aborted) return
    onSegment({ file: segmentFile(whole.name), path: whole.path, bytes: whole.wholeBytes, isLeftover: false })
  }

  /** Undefined when nothing could be read back, or the journal is closed. */
  async #rewritten(segment: Segment, failure: unknown): Promise<Segment | undefined> {
    const { trouble, over } = this.#options
    await trouble.wait(failure)
    while (!isAborted(over)) {
      try {
        const copy = await this.#copy(segment)
        trouble.ended()
        return copy
      } catch (error) {
        await trouble.wait(error)
      }
    }
    await segment.close()
    return undefined
  }

  /** The receipts are settled when it resolves. */
  async #copy(segment: Segment): Promise<Segment | undefined> {
    const bytes = await this.#readBack(segment)
    const { wholeBytes } = decodeFrames(bytes)
    const copy = wholeBytes > 0 ? await this.#write(segment, bytes.subarray(0, wholeBytes)) : undefined
    const { path } = this.#options.place
    const lost = new KinloaderError('SPOOL_LOST', `The disk of the spool folder ${path} lost messages; look at it.`)
    segment.handOver(wholeBytes, lost)
    if (wholeBytes === segment.wholeBytes) await segment.discard().catch(() => undefined)
    else {
      const lostBytes = segment.wholeBytes - wholeBytes
      this.#options.logger.error('spool', { error: lost.message, code: lost.code, file: segment.path, lostBytes })
      await segment.close()
    }
    return copy
  }

  async #readBack(segment: Segment): Promise<Buffer> {
    try {
      const bytes = await this.#options.place.files.readFile(segment.path)
      return bytes.subarray(0, segment.wholeBytes)
    } catch (error) {
      if (!['EIO', 'EUCLEAN', 'ENOENT'].includes(errorCode(error))) throw error
      return Buffer.alloc(0)
    }
  }

  async #write(segment: Segment, bytes: Buffer): Promise<Segment> {
    const copy = await Segment.begin(newSegmentName(segment.name.sequence), this.#options.place)
    try {
      await copy.append(bytes, segment.messageBytes)
      await copy.sync()
      return copy
    } catch (error) {
      await copy.discard().catch(() => undefined)
      throw error
    }
  }
}

const maxClosing = 8

import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { Counters } from '../../core/metrics.ts'
import { Deferred } from '../deferred.ts'
import { type Files, removeFile, syncFolder, writeWhole } from '../spooling/files.ts'
import { type SegmentName, segmentFile } from './segment-name.ts'
import type { Space } from './space.ts'

/** What all segments of a journal share. */
export interface SegmentPlace {
  readonly path: string
  readonly files: Files
  readonly space: Space
  readonly clock: Clock
  readonly counters: Counters
}

interface Unsafe {
  /** Safe when the file is synced up to here. */
  readonly end: number
  readonly done: Deferred
}

/**
 * One file of the journal, open for appending: frames of `journal-block.ts`, see `../spooling/frames.ts`. Appends come
 * one at a time; syncs may run beside them, and cover what had been written when they began.
 */
export class Segment {
  readonly name: SegmentName
  readonly path: string
  /** Verbatim messages in it, in bytes. */
  messageBytes = 0
  readonly #place: SegmentPlace
  #handle: FileHandle | undefined
  #wholeBytes = 0
  #syncedBytes = 0
  /** Whether a power cut would leave the file's name in the folder. */
  #named = false
  #torn = false
  #unsafe: Unsafe[] = []
  #appending: Promise<unknown> = Promise.resolve()
  #syncing: Promise<unknown> | undefined
  #failure: { readonly error: unknown } | undefined

  private constructor(name: SegmentName, place: SegmentPlace, handle: FileHandle) {
    this.name = name
    this.path = join(place.path, segmentFile(name))
    this.#place = place
    this.#handle = handle
    place.space.count(0, 1)
  }

  static async begin(name: SegmentName, place: SegmentPlace): Promise<Segment> {
    // At a position of its own each: a file opened for appending cannot be mended by writing over it.
    const handle = await place.files.open(join(place.path, segmentFile(name)), 'wx', 0o600)
    return new Segment(name, place, handle)
  }

  /** Up to here the file holds whole frames. */
  get wholeBytes(): number {
    return this.#wholeBytes
  }

  get hasUnsafe(): boolean {
    return this.#unsafe.length > 0
  }

  /** Whether a failed append may have left something behind the whole frames: nothing may be appended any more. */
  get torn(): boolean {
    return this.#torn
  }

  /** When it rejects, nothing of it is in the file; or the file is torn. */
  append(bytes: Buffer, messageBytes: number): Promise<void> {
    const appending = this.#append(bytes, messageBytes)
    this.#appending = appending.catch(() => undefined)
    return appending
  }

  async #append(bytes: Buffer, messageBytes: number): Promise<void> {
    const handle = this.#open()
    try {
      await writeWhole(handle, bytes, this.#wholeBytes)
    } catch (error) {
      this.#torn = true
      await handle.truncate(this.#wholeBytes).then(
        () => {
          this.#torn = false
        },
        () => undefined,
      )
      throw error
    }
    this.#wholeBytes += bytes.length
    this.messageBytes += messageBytes
    this.#place.space.count(bytes.length, 0)
  }

  /** Resolves when what has been appended by now is synced; `sync` does that. */
  untilSynced(): Promise<void> {
    const last = this.#unsafe.at(-1)
    if (last?.end === this.#wholeBytes) return last.done.promise
    const done = new Deferred()
    this.#unsafe.push({ end: this.#wholeBytes, done })
    return done.promise
  }

  /**
   * Resolves when all which was appended before the call would survive a power cut.
   *
   * Once it has rejected it rejects for ever: the system tells a failed write-back once and forgets the pages, so that
   * the next fsync succeeds without them. What is not synced by then has to be written again, to another file.
   */
  async sync(): Promise<void> {
    while (this.#syncing !== undefined) await this.#syncing
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#named && this.#syncedBytes === this.#wholeBytes) return
    const syncing = this.#sync()
    this.#syncing = syncing.catch(() => undefined)
    try {
      await syncing
    } catch (error) {
      this.#failure = { error }
      throw error
    } finally {
      this.#syncing = undefined
    }
  }

  async #sync(): Promise<void> {
    const { clock, counters, files, path } = this.#place
    const covered = this.#wholeBytes
    const startMs = clock.monotonic()
    // The size is synced with the data, times are not.
    await this.#open().datasync()
    if (!this.#named) await syncFolder(path, files)
    this.#named = true
    this.#syncedBytes = covered
    counters.add('journal_fsyncs')
    counters.add('journal_fsync_ms', clock.monotonic() - startMs)
    const safe = this.#unsafe.findIndex(({ end }) => end > covered)
    for (const { done } of this.#unsafe.splice(0, safe < 0 ? this.#unsafe.length : safe)) done.resolve()
  }

  /** The receipts go over to a copy, which is synced up to `bytes`: those behind it cannot be kept. */
  handOver(bytes: number, lost: Error): void {
    for (const { end, done } of this.#unsafe.splice(0)) {
      if (end <= bytes) done.resolve()
      else done.reject(lost)
    }
  }

  /** Nobody will sync it any more. */
  rejectUnsafe(reason: Error): void {
    for (const { done } of this.#unsafe.splice(0)) done.reject(reason)
  }

  /** Waits for what is under way. Never rejects: what has to be on the disk was synced before. */
  async close(): Promise<void> {
    await this.#appending
    while (this.#syncing !== undefined) await this.#syncing
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => undefined)
  }

  /** Closes and removes it: nothing is in it, or all of it is elsewhere. */
  async discard(): Promise<void> {
    await this.close()
    await removeFile(this.path, this.#place.files)
    // Nobody has to be told of room: what was tried is tried again anyway, each second.
    this.#place.space.count(-this.#wholeBytes, -1)
  }

  #open(): FileHandle {
    if (this.#handle === undefined) throw new KinloaderError('SPOOL_SEGMENT_CLOSED', 'The segment is closed.')
    return this.#handle
  }

  /** Waits for an append under way. */
  get idle(): Promise<unknown> {
    return this.#appending
  }
}

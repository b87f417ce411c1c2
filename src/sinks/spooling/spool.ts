import * as nodeFiles from 'node:fs/promises'
import { KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { BatchFile, type BatchFolder, type SpoolBatch } from './batch-file.ts'
import { batchesIn, isBatchName } from './batches-in.ts'
import { spoolError } from './errors.ts'
import { type Files, makeFolder, removeFile } from './files.ts'
import { FolderLock, type ProcessTable } from './folder-lock.ts'
import { Quota } from './quota.ts'
import { readBatch, type SpooledFrames } from './read-batch.ts'

export interface SpoolOptions {
  /** Created when it is not there. One spool a folder. */
  readonly folder: string
  readonly logger: Logger
  /** Tells whether the process which locked the folder still runs; the real one comes from host/. */
  readonly processes: ProcessTable
  /** Of all batches together, in bytes. Default 1 GiB. */
  readonly maxBytes?: number
  /** Files, however small: a disk may run out of them as well. Default 100,000. */
  readonly maxBatches?: number
  /** `seal`: a sealed batch survives a power cut. Default `none`: what is written survives this process, not the machine. */
  readonly sync?: 'none' | 'seal'
  /** Default `node:fs/promises`. */
  readonly files?: Files
}

/**
 * Batches of opaque frames in a folder, a file each, for what must survive the death of this process.
 *
 *     <folder>/<name>.spool               frames, see frames.ts
 *     <folder>/<pid>-<start>.lock         whose folder it is, see folder-lock.ts
 *     <folder>/quarantine/                copies of damaged files, named after where the damage begins
 *
 * A batch is begun, appended to, sealed, perhaps read back, and removed. One left behind by an earlier process is read
 * (which cuts off a torn or damaged end), continued when it was not sealed, and removed.
 *
 * Rejections are `KinloaderError`s: `SPOOL_FULL` is retryable, and nothing of what was refused is in the file.
 * `SPOOL_DENIED`, `SPOOL_READ_ONLY`, `SPOOL_NOT_A_FOLDER`, `SPOOL_GONE` and `SPOOL_FAILED` need a human.
 */
export class Spool {
  /** Names of the batches found at the start, in the order of their names. */
  readonly leftovers: readonly string[]
  readonly #folder: BatchFolder
  readonly #lock: FolderLock
  readonly #logger: Logger
  readonly #batches = new Map<string, BatchFile>()
  /** Reads and removals under way. */
  readonly #working = new Set<Promise<unknown>>()
  #closed = false

  private constructor(options: SpoolOptions, lock: FolderLock, found: ReadonlyMap<string, number>) {
    const { folder, logger, maxBytes = 1024 ** 3, maxBatches = 100_000, sync, files = nodeFiles } = options
    this.#folder = { path: folder, quota: new Quota(maxBytes, maxBatches), files, syncSeal: sync === 'seal' }
    this.#lock = lock
    this.#logger = logger
    for (const [name, bytes] of found) this.#batches.set(name, new BatchFile(name, this.#folder, bytes))
    this.leftovers = [...found.keys()]
  }

  /** Rejects with `SPOOL_LOCKED` when another process has the folder, or this one already. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const { folder, processes, files = nodeFiles, sync } = options
    try {
      await makeFolder(folder, files, sync === 'seal')
      const lock = await FolderLock.take(folder, processes, files)
      try {
        return new Spool(options, lock, await batchesIn(folder, files))
      } catch (error) {
        await lock.release()
        throw error
      }
    } catch (error) {
      throw spoolError(error, folder)
    }
  }

  /** Bytes of all batches, also of those being written. */
  get usedBytes(): number {
    return this.#folder.quota.usedBytes
  }

  /**
   * A new batch. Its file, for this user alone, comes with the first frame. Names are up to 100 of `a-z 0-9 _ -`;
   * leftovers are listed in the order of their names, so these should grow with time.
   */
  begin(name: string): SpoolBatch {
    this.#live()
    if (!isBatchName(name)) throw new KinloaderError('SPOOL_NAME', `"${name}" is no name for a spooled batch.`)
    if (this.#batches.has(name)) throw new KinloaderError('SPOOL_NAME', `There is a spooled batch ${name} already.`)
    const batch = new BatchFile(name, this.#folder)
    this.#batches.set(name, batch)
    return batch
  }

  /** Goes on with a batch which was read and had no seal: a leftover must be sealed before any of it is sent. */
  resume(name: string): SpoolBatch {
    this.#live()
    const batch = this.#batch(name)
    batch.reopen()
    return batch
  }

  /** A leftover, or a batch sealed by now. Reading twice gives the same, but for what was torn or damaged. */
  async read(name: string): Promise<SpooledFrames> {
    this.#live()
    const batch = this.#batch(name)
    if (batch.busy) throw new KinloaderError('SPOOL_BATCH_OPEN', `The spooled batch ${name} is still being written.`)
    return this.#waitedFor(() => readBatch(batch, this.#folder, this.#logger))
  }

  /** The batch is done with, sealed or not; its file goes and its place is free. One which is gone already is fine. */
  async remove(name: string): Promise<void> {
    this.#live()
    const batch = this.#batches.get(name)
    if (batch === undefined) return
    await this.#waitedFor(async () => {
      await batch.end()
      await removeFile(batch.path, this.#folder.files)
    })
    if (this.#batches.delete(name)) batch.gone()
  }

  /** Waits for the writes under way, closes the files and lets the folder go; batches stay. Twice is fine. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.allSettled(Array.from(this.#batches.values(), (batch) => batch.end()))
    // They touch files, and the folder may be another's from now on.
    await Promise.allSettled(this.#working)
    await this.#told(() => this.#lock.release())
  }

  #batch(name: string): BatchFile {
    const batch = this.#batches.get(name)
    if (batch === undefined) throw new KinloaderError('SPOOL_NAME', `There is no spooled batch ${name}.`)
    return batch
  }

  /** Another process may have the folder after `close`. */
  #live(): void {
    if (this.#closed) throw new KinloaderError('SPOOL_CLOSED', 'The spool is closed.')
  }

  async #waitedFor<T>(work: () => Promise<T>): Promise<T> {
    const working = this.#told(work)
    this.#working.add(working)
    try {
      return await working
    } finally {
      this.#working.delete(working)
    }
  }

  async #told<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw spoolError(error, this.#folder.path)
    }
  }
}

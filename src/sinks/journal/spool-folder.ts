import * as nodeFiles from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { errorCode, KinloaderError } from '../../core/errors.ts'
import type { LogFields, Logger } from '../../core/logger.ts'
import type { Counters } from '../../core/metrics.ts'
import { spoolError } from '../spooling/errors.ts'
import type { Files } from '../spooling/files.ts'
import { ownFolder } from './own-folder.ts'
import { FolderLock, type ProcessTable } from '../spooling/folder-lock.ts'
import { type FoundRecord, type SpoolContent, spoolContent } from './spool-content.ts'
import { Quarantine } from './quarantine.ts'
import type { ClosedSegment, SegmentEnd } from './read-segment.ts'
import { removeFile } from '../spooling/files.ts'
import { SegmentDeaths } from './segment-deaths.ts'
import { newSegmentName, type SegmentName } from './segment-name.ts'
import { Space } from './space.ts'

export interface SpoolFolderOptions {
  /** Exists and is writable. */
  readonly spoolDir: string
  readonly region: string
  readonly stream: string
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
  /** Tells whether the process which locked the folder still runs; the real one comes from host/. */
  readonly processes: ProcessTable
  /** The user this process runs as; undefined where the platform has none. */
  readonly uid: number | undefined
  /** As in `SpaceOptions`. */
  readonly maxBytes?: number
  readonly maxFiles?: number
  readonly minFreeBytes?: number
  /** Default `node:fs/promises`. */
  readonly files?: Files
}

interface FoundSpool {
  readonly content: SpoolContent
  readonly deaths: SegmentDeaths
}

/**
 * What a relay keeps on disk of one region's stream, in a folder of its own.
 *
 *     <spoolDir>/<region>-<stream>/          0700; one process at a time
 *         <pid>-<start>.lock                 whose it is, see ../spooling/folder-lock.ts
 *         deaths                             over which segments records died, see segment-deaths.ts; .tmp is half written
 *         journal/                           segments: messages which were accepted, see segment.ts
 *         records/                           one file a Firehose record; *.tmp are half written
 *         quarantine/                        damaged segments, records which cannot be delivered
 *
 * A message lies in the journal until it lies in records, and there until Firehose has it; for a moment in both, never
 * in none. The numbers of new segments stand above everything found at the start.
 */
export class SpoolFolder {
  readonly path: string
  readonly files: Files
  readonly space: Space
  readonly quarantine: Quarantine
  readonly deaths: SegmentDeaths
  /** What earlier processes left in the journal, in the order of its making; to be made into records first. */
  readonly segments: readonly ClosedSegment[]
  /** The record files found, in order; also those of segments which are still there, which are not to be trusted. */
  readonly foundRecords: readonly FoundRecord[]
  readonly #lock: FolderLock
  readonly #options: SpoolFolderOptions
  #sequence: number

  private constructor(path: string, options: SpoolFolderOptions, lock: FolderLock, found: FoundSpool) {
    const { content, deaths } = found
    const { clock, counters, files = nodeFiles, maxBytes, maxFiles, minFreeBytes } = options
    this.path = path
    this.files = files
    this.space = new Space({
      path,
      clock,
      files,
      ...(maxBytes !== undefined && { maxBytes }),
      ...(maxFiles !== undefined && { maxFiles }),
      ...(minFreeBytes !== undefined && { minFreeBytes }),
    })
    this.quarantine = new Quarantine({ ...options, files, folder: join(path, 'quarantine'), found: content.quarantine })
    this.deaths = deaths
    this.segments = content.segments
    this.foundRecords = content.records
    this.#lock = lock
    this.#options = options
    this.#sequence = content.lastSequence
    for (const { bytes } of content.segments) this.space.count(bytes, 1)
    for (const { bytes } of content.records) this.space.count(bytes, 1)
    if (content.segments.length > 0) counters.add('recovered_segments', content.segments.length)
  }

  /**
   * Rejects with `SPOOL_LOCKED` when another process has the folder, `SPOOL_UNSAFE` when somebody else made it,
   * `SPOOL_DENIED` when it may not be used, and `SPOOL_NO_FOLDER` when there is no spool directory.
   */
  static async open(options: SpoolFolderOptions): Promise<SpoolFolder> {
    const { spoolDir, region, stream, uid, processes, files = nodeFiles } = options
    const path = join(spoolDir, folderName(region, stream))
    try {
      await existing(spoolDir, files)
      await ownFolder(path, uid, files)
      const lock = await FolderLock.take(path, processes, files)
      try {
        for (const name of ['journal', 'records', 'quarantine']) await ownFolder(join(path, name), uid, files)
        const deaths = await SegmentDeaths.read(join(path, 'deaths'), files, options.logger)
        return new SpoolFolder(path, options, lock, { deaths, content: await spoolContent(path, files) })
      } catch (error) {
        await lock.release()
        throw error
      }
    } catch (error) {
      throw spoolError(error, path)
    }
  }

  get journalPath(): string {
    return join(this.path, 'journal')
  }

  get recordsPath(): string {
    return join(this.path, 'records')
  }

  nextSegment(): SegmentName {
    this.#sequence += 1
    return newSegmentName(this.#sequence)
  }

  /**
   * The records made of the segment are durable: it goes, before they are offered to the uploader. A damaged one is kept
   * aside instead, or stays where there is no room for it. Never rejects: one which stays is made into the same records again at the next start.
   */
  async converted(segment: ClosedSegment, { wholeBytes, rest }: SegmentEnd): Promise<void> {
    const { counters, logger } = this.#options
    if (rest === 'torn') counters.add('torn_bytes', segment.bytes - wholeBytes)
    try {
      if (rest === 'damaged' || rest === 'unreadable') {
        const isKept = await this.quarantine.take(segment.path, segment.bytes, rest, {
          error: `A segment of the journal is damaged: ${segment.bytes - wholeBytes} bytes of it are lost; look at the disk.`,
          code: 'SPOOL_DAMAGED',
          lostBytes: segment.bytes - wholeBytes,
          keptBytes: wholeBytes,
        })
        // It may be all that is left of its messages; the next start tries again.
        if (!isKept) return
      } else await removeFile(segment.path, this.files)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') {
        const { message, code } = spoolError(error, this.path)
        const effect = 'its messages may be delivered twice'
        logger.warn('spool', { error: message, code, file: segment.path, effect })
        return
      }
      // Somebody has made room by hand.
      const effect = 'what was not read of it is not delivered, and its room is free'
      logger.warn('spool', { warning: 'A segment of the journal was removed', file: segment.path, effect })
    }
    this.space.free(segment.bytes, 1)
  }

  /**
   * Nothing can be made of the segment: it is kept aside as it is, and counted as `quarantined.<reason>`. In a full
   * quarantine there is no place for it; then it stays, and is tried again at the next start. Resolves with whether it
   * is gone. Rejects when the disk fails.
   */
  async setAside(segment: ClosedSegment, reason: string, told: LogFields): Promise<boolean> {
    try {
      if (!(await this.quarantine.take(segment.path, segment.bytes, reason, told))) return false
    } catch (error) {
      // Somebody has made room by hand.
      if (errorCode(error) !== 'ENOENT') throw spoolError(error, this.path)
    }
    this.space.free(segment.bytes, 1)
    return true
  }

  /** Lets the folder go; everything stays. */
  async close(): Promise<void> {
    await this.#lock.release()
  }
}

/** Regions are small letters, digits and hyphens, and end with a digit where AWS names them. */
function folderName(region: string, stream: string): string {
  if (/^[a-z0-9-]{1,64}$/.test(region) && /^[a-zA-Z0-9_.-]{1,64}$/.test(stream)) return `${region}-${stream}`
  throw new KinloaderError('SPOOL_NAME', `There is no spool for the stream "${stream}" in the region "${region}".`)
}

async function existing(spoolDir: string, files: Files): Promise<void> {
  try {
    if ((await files.stat(spoolDir)).isDirectory()) return
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errorCode(error))) throw error
  }
  throw new KinloaderError(
    'SPOOL_NO_FOLDER',
    `The spool directory ${spoolDir} is not there; create it or choose another.`,
  )
}

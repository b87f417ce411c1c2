import { basename, join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { errorCode } from '../../core/errors.ts'
import type { LogFields, Logger } from '../../core/logger.ts'
import type { Counters } from '../../core/metrics.ts'
import type { Files } from '../spooling/files.ts'
import { type FolderSize, folderSize } from './spool-content.ts'

export interface QuarantineOptions {
  readonly folder: string
  readonly files: Files
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
  /** What lies there already. */
  readonly found: FolderSize
  /** Default 256 MiB. */
  readonly maxBytes?: number
  /** Default 1,000. */
  readonly maxFiles?: number
}

/**
 * Files which are kept for whoever wants to look, and block nobody. Each is told once, as an error, and counted as
 * `quarantined.<reason>`. The place is bounded: when it is full the files stay where they are, which is told once; whether
 * somebody has made room, as is asked for then, is looked at once a minute at most.
 */
export class Quarantine {
  readonly #options: QuarantineOptions
  #size: FolderSize
  #toldFull = false
  #lookAgainAtMs = Number.NEGATIVE_INFINITY

  constructor(options: QuarantineOptions) {
    this.#options = options
    this.#size = options.found
  }

  /** Whether it was moved. Rejects when it could not be. `reason` is part of a counter's name: few, in small letters. */
  async take(path: string, bytes: number, reason: string, told: LogFields): Promise<boolean> {
    const { folder, logger, counters } = this.#options
    if (!(await this.#hasRoom(bytes))) {
      counters.add(`quarantined.${reason}`)
      if (!this.#toldFull) logger.error('spool', { ...told, file: path, quarantine: `${folder} is full: remove files` })
      this.#toldFull = true
      return false
    }
    const kept = join(folder, basename(path))
    await this.#move(path, kept)
    counters.add(`quarantined.${reason}`)
    this.#size = { bytes: this.#size.bytes + bytes, files: this.#size.files + 1 }
    this.#toldFull = false
    logger.error('spool', { ...told, reason, quarantine: kept })
    return true
  }

  async #hasRoom(bytes: number): Promise<boolean> {
    const { folder, files, clock } = this.#options
    if (this.#fits(bytes)) return true
    if (clock.monotonic() < this.#lookAgainAtMs) return false
    this.#lookAgainAtMs = clock.monotonic() + lookMs
    try {
      this.#size = await folderSize(folder, files)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') return false
      this.#size = { bytes: 0, files: 0 }
    }
    return this.#fits(bytes)
  }

  #fits(bytes: number): boolean {
    const { maxBytes = 256 * 1024 * 1024, maxFiles = 1000 } = this.#options
    return this.#size.bytes + bytes <= maxBytes && this.#size.files < maxFiles
  }

  async #move(from: string, to: string): Promise<void> {
    const { folder, files } = this.#options
    try {
      await files.rename(from, to)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error
      // Who was asked to remove files may have removed the folder. When it is there, it is the file which is not.
      await files.mkdir(folder, { mode: 0o700 }).catch((made: unknown) => {
        throw errorCode(made) === 'EEXIST' ? error : made
      })
      await files.rename(from, to)
    }
  }
}

const lookMs = 60_000

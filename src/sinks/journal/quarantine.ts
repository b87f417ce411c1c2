import { basename, join } from 'node:path'
import type { LogFields, Logger } from '../../core/logger.ts'
import type { Counters } from '../../core/metrics.ts'
import type { Files } from '../spooling/files.ts'

export interface QuarantineOptions {
  readonly folder: string
  readonly files: Files
  readonly logger: Logger
  readonly counters: Counters
  /** What lies there already. */
  readonly found: { readonly bytes: number; readonly files: number }
  /** Default 256 MiB. */
  readonly maxBytes?: number
  /** Default 1,000. */
  readonly maxFiles?: number
}

/**
 * Files which are kept for whoever wants to look, and block nobody. Each is told once, as an error, and counted as
 * `quarantined.<reason>`. The place is bounded: when it is full the files stay where they are, which is told once.
 */
export class Quarantine {
  readonly #options: QuarantineOptions
  #bytes: number
  #files: number
  #toldFull = false

  constructor(options: QuarantineOptions) {
    this.#options = options
    this.#bytes = options.found.bytes
    this.#files = options.found.files
  }

  /** Whether it was moved. Rejects when it could not be. `reason` is part of a counter's name: few, in small letters. */
  async take(path: string, bytes: number, reason: string, told: LogFields): Promise<boolean> {
    const { folder, files, logger, counters, maxBytes = 256 * 1024 * 1024, maxFiles = 1000 } = this.#options
    if (this.#bytes + bytes > maxBytes || this.#files >= maxFiles) {
      counters.add(`quarantined.${reason}`)
      if (!this.#toldFull) logger.error('spool', { ...told, file: path, quarantine: `${folder} is full: remove files` })
      this.#toldFull = true
      return false
    }
    const kept = join(folder, basename(path))
    await files.rename(path, kept)
    counters.add(`quarantined.${reason}`)
    this.#bytes += bytes
    this.#files += 1
    logger.error('spool', { ...told, reason, quarantine: kept })
    return true
  }
}

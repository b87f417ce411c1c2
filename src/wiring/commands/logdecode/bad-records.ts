import { closeSync, openSync, writeSync } from 'node:fs'
import { KinloaderError } from '../../../core/errors.ts'
import type { TerminalLine } from '../../../host/terminal-line.ts'
import { fileReason } from '../../../sinks/file/errors.ts'

export interface BadRecordsOptions {
  readonly terminal: TerminalLine
  /** Where bad records go as they came. Absent: they are only told of. */
  readonly file?: string | undefined
  /** Whether the first one ends the run. Default false. */
  readonly strict?: boolean
}

/** Tells of records which cannot be decoded, one line each, and keeps them for another try. */
export class BadRecords {
  count = 0
  readonly #terminal: TerminalLine
  readonly #strict: boolean
  readonly #file: string | undefined
  readonly #descriptor: number | undefined

  /** Opens the file at once: an unwritable one is better told of before the work. Throws `ERRORS_FILE`. */
  constructor({ terminal, file, strict = false }: BadRecordsOptions) {
    this.#terminal = terminal
    this.#strict = strict
    this.#file = file
    this.#descriptor = file === undefined ? undefined : this.#tried(() => openSync(file, 'w'))
  }

  /** Throws `BAD_RECORD` when strict. */
  tell(where: string, problem: string): void {
    this.count++
    const message = `${problem} (${where})`
    if (this.#strict) throw new KinloaderError('BAD_RECORD', message)
    this.#terminal.write(`logdecode: ${message}\n`)
  }

  /** Throws `ERRORS_FILE`. */
  keep(bytes: Buffer): void {
    const descriptor = this.#descriptor
    if (descriptor === undefined) return
    this.#tried(() => {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
    })
  }

  close(): void {
    const descriptor = this.#descriptor
    if (descriptor !== undefined)
      this.#tried(() => {
        closeSync(descriptor)
      })
  }

  #tried<T>(action: () => T): T {
    try {
      return action()
    } catch (cause) {
      throw new KinloaderError('ERRORS_FILE', `Failed to write ${this.#file ?? ''}: ${fileReason(cause)}.`, { cause })
    }
  }
}

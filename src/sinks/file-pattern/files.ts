import { closeSync, constants, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs'
import path from 'node:path'
import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'
import { TargetFolder } from './folder.ts'
import { FilePattern, type PatternValues } from './pattern.ts'

export interface PatternFilesOptions {
  /** Files open at a time; the one not written to for longest is closed. Default 128. */
  readonly maxOpenFiles?: number
  /**
   * Files written to in a run, each remembered so that it is emptied once only; one more ends the run, for to forget
   * one would be to empty it again. Default 500,000, which take some 50 MiB.
   */
  readonly maxFiles?: number
  /** What an opened file is used for by somebody else, in a few words; it is not written then. Default: none is. */
  readonly useOf?: (descriptor: number) => string | undefined
}

/**
 * Files named by a pattern, as many as there are values. Each is emptied when it is used first and appended to from then
 * on. Synchronous, because regular files never ask to wait.
 *
 * Everything throws `WRITE_FAILED`, or `EPIPE` as Node does.
 */
export class PatternFiles {
  readonly #pattern: FilePattern
  readonly #folder: TargetFolder
  readonly #maxOpenFiles: number
  readonly #maxFiles: number
  readonly #useOf: (descriptor: number) => string | undefined
  /** In the order of their use. */
  readonly #open = new Map<string, number>()
  /** By device and inode: two names may mean one file. */
  readonly #emptied = new Set<string>()

  /** Throws `INVALID_PATTERN`. */
  constructor(
    pattern: string,
    { maxOpenFiles = 128, maxFiles = 500_000, useOf = () => undefined }: PatternFilesOptions = {},
  ) {
    this.#pattern = new FilePattern(pattern)
    this.#folder = new TargetFolder(this.#pattern.folder)
    this.#maxOpenFiles = maxOpenFiles
    this.#maxFiles = maxFiles
    this.#useOf = useOf
  }

  /** The file for these values, below the target folder. */
  fileOf(values: PatternValues): string {
    return this.#pattern.expand(values).join('/')
  }

  write(file: string, bytes: Uint8Array): void {
    try {
      const descriptor = this.#descriptorOf(file)
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done)
    } catch (error) {
      throw failed(this.#pattern.folder, file, error)
    }
  }

  /** Twice is fine. */
  close(): void {
    while (this.#open.size > 0) this.#closeOldest()
  }

  #descriptorOf(file: string): number {
    const known = this.#open.get(file)
    if (known !== undefined) {
      this.#open.delete(file)
      this.#open.set(file, known)
      return known
    }
    if (this.#open.size >= this.#maxOpenFiles) this.#closeOldest()
    for (;;) {
      try {
        const descriptor = this.#pattern.hasVariables ? this.#openedBelow(file) : this.#openedAsSaid(file)
        this.#open.set(file, descriptor)
        return descriptor
      } catch (error) {
        // The process may have fewer files than we would like.
        if (errorCode(error) !== 'EMFILE' || this.#open.size === 0) throw error
        this.#closeOldest()
      }
    }
  }

  #openedBelow(file: string): number {
    return this.#emptiedOnce(this.#folder.open(file.split('/')))
  }

  /** A path without variables is the user's own: it may be a link or a device. It is never closed before the end. */
  #openedAsSaid(file: string): number {
    mkdirSync(this.#pattern.folder, { recursive: true })
    const { O_CREAT, O_WRONLY } = constants
    return this.#emptiedOnce(openSync(path.join(this.#pattern.folder, file), O_CREAT | O_WRONLY, 0o666))
  }

  /** Closed when that fails. */
  #emptiedOnce(descriptor: number): number {
    try {
      const use = this.#useOf(descriptor)
      if (use !== undefined) throw new KinloaderError('FILE_IN_USE', `it is the same file as ${use}`)
      this.#emptyOnce(descriptor)
    } catch (error) {
      closeSync(descriptor)
      throw error
    }
    return descriptor
  }

  #emptyOnce(descriptor: number): void {
    const stats = fstatSync(descriptor, { bigint: true })
    if (!stats.isFile()) return
    const { dev, ino, size } = stats
    const key = `${String(dev)}:${String(ino)}`
    if (this.#emptied.has(key)) return
    if (this.#emptied.size >= this.#maxFiles) {
      throw new KinloaderError('TOO_MANY_FILES', `there are more than ${this.#maxFiles} files; use fewer variables`)
    }
    this.#emptied.add(key)
    if (size > 0n) ftruncateSync(descriptor, 0)
  }

  #closeOldest(): void {
    for (const [file, descriptor] of this.#open) {
      this.#open.delete(file)
      try {
        closeSync(descriptor)
      } catch (error) {
        // A network file system tells only here that there was no room.
        throw failed(this.#pattern.folder, file, error)
      }
      return
    }
  }
}

const causes: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'its file system is read-only',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  EEXIST: 'a part of its path is no directory',
  ENAMETOOLONG: 'its path is too long',
  ENXIO: 'it is no regular file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
}

function failed(folder: string, file: string, cause: unknown): unknown {
  if (errorCode(cause) === 'WRITE_FAILED' || errorCode(cause) === 'EPIPE') return cause
  const why = causes[errorCode(cause)] ?? errorText(cause)
  return new KinloaderError('WRITE_FAILED', `${path.join(folder, file)} cannot be written: ${why}`, { cause })
}

import * as files from 'node:fs/promises'
import { relative } from 'node:path'
import type { VirtualClock } from './virtual-clock.ts'

export interface RecordingFilesOptions {
  /** Paths are written down relative to it. */
  readonly folder: string
  /** Called before anything is done; what it throws is what the call fails with. */
  readonly before?: (call: string) => void
  /** The call is made when what it returns has resolved. */
  readonly hold?: (call: string) => Promise<void> | undefined
  /** Its time stands still while a call is under way, `hold` not counted. */
  readonly clock?: VirtualClock
  /** How many of a write's bytes are written. Default all. */
  readonly taken?: (bytes: number) => number
}

/** The real functions of `node:fs/promises`, each call written down as one line: `write a.spool 0+25`. */
export class RecordingFiles {
  readonly calls: string[] = []
  readonly #options: RecordingFilesOptions

  constructor(options: RecordingFilesOptions) {
    this.#options = options
  }

  readonly mkdir = ((path: string, options: { recursive: true }) =>
    this.#done(`mkdir ${this.#shown(path)}`, () => files.mkdir(path, options))) as typeof files.mkdir

  readonly readdir = ((path: string, options: { withFileTypes: true }) =>
    this.#done(`readdir ${this.#shown(path)}`, () => files.readdir(path, options))) as typeof files.readdir

  readonly readFile = ((path: string) =>
    this.#done(`readFile ${this.#shown(path)}`, () => files.readFile(path))) as typeof files.readFile

  readonly stat = ((path: string) =>
    this.#done(`stat ${this.#shown(path)}`, () => files.stat(path))) as typeof files.stat

  readonly truncate = ((path: string, length: number) =>
    this.#done(`truncate ${this.#shown(path)} ${length}`, () => files.truncate(path, length))) as typeof files.truncate

  readonly chmod = ((path: string, mode: number) =>
    this.#done(`chmod ${this.#shown(path)} ${mode.toString(8)}`, () => files.chmod(path, mode))) as typeof files.chmod

  readonly lstat = ((path: string) =>
    this.#done(`lstat ${this.#shown(path)}`, () => files.lstat(path))) as typeof files.lstat

  readonly statfs = ((path: string) =>
    this.#done(`statfs ${this.#shown(path)}`, () => files.statfs(path))) as typeof files.statfs

  readonly rename = ((from: string, to: string) =>
    this.#done(`rename ${this.#shown(from)} ${this.#shown(to)}`, () => files.rename(from, to))) as typeof files.rename

  readonly unlink = ((path: string) =>
    this.#done(`unlink ${this.#shown(path)}`, () => files.unlink(path))) as typeof files.unlink

  readonly copyFile = ((from: string, to: string) =>
    this.#done(`copyFile ${this.#shown(from)} ${this.#shown(to)}`, () =>
      files.copyFile(from, to),
    )) as typeof files.copyFile

  readonly open = ((path: string, flags: string, mode?: number) =>
    this.#done(`open ${this.#shown(path)} ${flags}`, async () =>
      this.#handle(await files.open(path, flags, mode), this.#shown(path)),
    )) as unknown as typeof files.open

  #handle(handle: files.FileHandle, path: string): unknown {
    const { taken = (bytes: number): number => bytes } = this.#options
    return {
      write: (bytes: Buffer, at: number, length: number, position: number) =>
        this.#done(`write ${path} ${position}+${length}`, () => handle.write(bytes, at, taken(length), position)),
      truncate: (length: number) => this.#done(`truncate ${path} ${length}`, () => handle.truncate(length)),
      datasync: () => this.#done(`datasync ${path}`, () => handle.datasync()),
      readFile: () => this.#done(`readFile ${path}`, () => handle.readFile()),
      sync: () => this.#done(`sync ${path}`, () => handle.sync()),
      close: async () => {
        await handle.close()
        await this.#done(`close ${path}`, async () => {})
      },
    }
  }

  #shown(path: string): string {
    return relative(this.#options.folder, path) || '.'
  }

  async #done<T>(call: string, act: () => Promise<T>): Promise<T> {
    this.calls.push(call)
    this.#options.before?.(call)
    await this.#options.hold?.(call)
    return this.#options.clock === undefined ? act() : this.#options.clock.busy(act())
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code })
}

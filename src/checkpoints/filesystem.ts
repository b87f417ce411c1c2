import { randomUUID } from 'node:crypto'
import * as nodeFiles from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../core/errors.ts'
import type { CheckableStore } from './checkable.ts'
import { aborted } from './errors.ts'
import { plainName, type ReaderIdentity } from './reader-identity.ts'

/** The functions of `node:fs/promises` which the store calls. */
export type Files = Pick<typeof nodeFiles, 'mkdir' | 'open' | 'readFile' | 'readdir' | 'rename' | 'stat' | 'unlink'>

export interface FilesystemCheckpointStoreOptions {
  /** The file, created with its folders when something is saved; `checkpointFile` names it for an input. */
  readonly path: string
  readonly clock: Clock
  /** Who needs access to it, as in messages. Default `the user Splunk runs as`. */
  readonly user?: string
  /** Tells content of another program, which counts as none of ours and is replaced by the first save. Default: none is. */
  readonly isForeign?: (text: string) => boolean
  /** Default `node:fs/promises`. */
  readonly files?: Files
}

/** The file of one reader in a folder which several share: `<region>.<stream>.<checkpoint name>.checkpoints.json`. */
export function checkpointFile(folder: string, reader: ReaderIdentity): string {
  return join(folder, `${plainName([reader.region, reader.stream, reader.checkpointName], 180)}.checkpoints.json`)
}

/**
 * Checkpoints in one JSON file, an object of texts by key:
 *
 *     {"@stream":"…","shardId-000000000000":"…"}
 *
 * The file is always replaced whole: written beside it, fsynced, renamed over it, and the folder fsynced, so a crash
 * at any instant leaves the old or the new content. A file left behind by a crash in between is never read; those
 * older than an hour are removed by the next first load.
 *
 * What cannot be decoded is an error and never taken as empty, which would silently start the reader over.
 */
export class FilesystemCheckpointStore implements CheckableStore {
  readonly #path: string
  readonly #folder: string
  readonly #files: Files
  readonly #clock: Clock
  readonly #user: string
  readonly #isForeign: (text: string) => boolean
  #swept = false

  constructor(options: FilesystemCheckpointStoreOptions) {
    this.#path = options.path
    this.#folder = dirname(options.path)
    this.#files = options.files ?? nodeFiles
    this.#clock = options.clock
    this.#user = options.user ?? 'the user Splunk runs as'
    this.#isForeign = options.isForeign ?? (() => false)
  }

  async load(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    if (signal?.aborted === true) throw aborted()
    if (!this.#swept) {
      this.#swept = true
      await this.#sweep()
    }
    return this.#read()
  }

  async save(changes: ReadonlyMap<string, string | null>, signal: AbortSignal): Promise<readonly string[]> {
    if (signal.aborted) throw aborted()
    const entries = await this.#read()
    for (const [key, value] of changes) {
      if (value === null) entries.delete(key)
      else entries.set(key, value)
    }
    const text = `${JSON.stringify(Object.fromEntries(entries))}\n`
    await this.#writeBeside(text, async (temporary) => {
      if (signal.aborted) throw aborted()
      await this.#files.rename(temporary, this.#path)
      await this.#syncFolder(this.#folder)
    })
    return []
  }

  async check(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw aborted()
    await this.#read()
    await this.#writeBeside('', (temporary) => this.#files.unlink(temporary))
  }

  async close(): Promise<void> {}

  async #read(): Promise<Map<string, string>> {
    let text: string
    try {
      text = await this.#files.readFile(this.#path, 'utf8')
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return new Map()
      throw new KinloaderError(
        'CHECKPOINT_FILE_UNREADABLE',
        `The checkpoint file ${this.#path} cannot be read (${errorText(error)}); give ${this.#user} access to it.`,
        { cause: error, retryable: true },
      )
    }
    return this.#isForeign(text) ? new Map() : decode(text, this.#path)
  }

  /** Writes a file beside ours and hands it to `use`; when anything fails, no file is left on a disk which may be full. */
  async #writeBeside(text: string, use: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = `${this.#path}.${randomUUID()}.tmp`
    try {
      await this.#makeFolder()
      const file = await this.#files.open(temporary, 'wx', 0o600)
      try {
        await file.writeFile(text)
        await file.sync()
      } finally {
        await file.close()
      }
      await use(temporary)
    } catch (error) {
      await this.#files.unlink(temporary).catch(() => undefined)
      throw this.#unwritable(error)
    }
  }

  async #makeFolder(): Promise<void> {
    const first = await this.#files.mkdir(this.#folder, { recursive: true })
    if (first === undefined) return
    // A new folder is an entry in its parent: without this the whole of it may be gone after a power cut.
    for (let folder = this.#folder; folder.length >= first.length; folder = dirname(folder)) {
      await this.#syncFolder(dirname(folder))
    }
  }

  async #syncFolder(folder: string): Promise<void> {
    let handle: nodeFiles.FileHandle | undefined
    try {
      handle = await this.#files.open(folder, 'r')
      await handle.sync()
    } catch (error) {
      // Windows opens no folders, and some network file systems cannot sync one: there renaming is all there is.
      if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP'].includes(errorCode(error))) throw error
    } finally {
      await handle?.close()
    }
  }

  async #sweep(): Promise<void> {
    try {
      const prefix = `${basename(this.#path)}.`
      for (const name of await this.#files.readdir(this.#folder)) {
        if (!name.startsWith(prefix) || !name.endsWith('.tmp')) continue
        const path = join(this.#folder, name)
        const { mtimeMs } = await this.#files.stat(path)
        if (this.#clock.now() - mtimeMs > 3_600_000) await this.#files.unlink(path)
      }
    } catch {
      // Sweeping is a courtesy: a folder which cannot be read is told of by whoever needs it.
    }
  }

  #unwritable(error: unknown): KinloaderError {
    if (error instanceof KinloaderError) return error
    return new KinloaderError(
      'CHECKPOINT_FILE_UNWRITABLE',
      `The checkpoint file ${this.#path} cannot be written (${errorText(error)}); give ${this.#user} write access to its folder, and see that the disk has room.`,
      { cause: error, retryable: true },
    )
  }
}

function decode(text: string, path: string): Map<string, string> {
  const unfit = (cause?: unknown): KinloaderError =>
    new KinloaderError(
      'CHECKPOINT_FILE_CORRUPT',
      `The checkpoint file ${path} is damaged; restore it from a backup, or remove it to start at the initial position.`,
      { cause },
    )
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unfit(error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit()
  const entries = new Map<string, string>()
  for (const [key, checkpoint] of Object.entries(value)) {
    if (typeof checkpoint !== 'string') throw unfit()
    entries.set(key, checkpoint)
  }
  return entries
}

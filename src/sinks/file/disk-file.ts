import * as files from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { errorCode } from '../../core/errors.ts'
import { unwritable } from './errors.ts'
import type { Outlet } from './outlet.ts'

const open = promisify(files.open)
const close = promisify(files.close)
const fstat = promisify(files.fstat)
const ftruncate = promisify(files.ftruncate)
const fsync = promisify(files.fsync)
const fdatasync = promisify(files.fdatasync)
const write = promisify(files.write)

/** A file on a disk, written at its end. A device may stand in its place: that knows no size and nothing to sync. */
export class DiskFile implements Outlet {
  readonly name: string
  readonly #descriptor: number
  /** Ours to close, and to cut when a write fails half-way. */
  readonly #isOwn: boolean
  #closed: Promise<void> | undefined

  private constructor(name: string, descriptor: number, isOwn: boolean) {
    this.name = name
    this.#descriptor = descriptor
    this.#isOwn = isOwn
  }

  /** Opens it, created if need be, as it is. Rejects with the file system's own error. */
  static async open(path: string): Promise<DiskFile> {
    const { O_APPEND, O_CREAT, O_WRONLY } = files.constants
    const descriptor = await open(path, O_APPEND | O_CREAT | O_WRONLY, 0o666)
    try {
      // A new file is an entry in its folder: without this all of it may be gone after a power cut.
      await syncFolder(dirname(path))
    } catch (error) {
      await close(descriptor)
      throw error
    }
    return new DiskFile(path, descriptor, true)
  }

  /** One which somebody else has opened, and closes. */
  static of(descriptor: number, name: string): DiskFile {
    return new DiskFile(name, descriptor, false)
  }

  /** Stands for this very file: another one of the same name has another. Undefined for a device. */
  async identity(): Promise<string | undefined> {
    const stats = await fstat(this.#descriptor)
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined
  }

  async size(): Promise<number> {
    return (await fstat(this.#descriptor)).size
  }

  /** What is behind that many bytes is gone. */
  async cut(bytes: number): Promise<void> {
    if (!(await fstat(this.#descriptor)).isFile()) return
    await ftruncate(this.#descriptor, bytes)
  }

  async write(bytes: Uint8Array): Promise<void> {
    let written = 0
    try {
      while (written < bytes.length) {
        const { bytesWritten } = await write(this.#descriptor, bytes, written, bytes.length - written, null)
        written += bytesWritten
      }
    } catch (error) {
      await this.#takeBack(written)
      throw unwritable(this.name, error)
    }
  }

  async sync(): Promise<void> {
    try {
      await fdatasync(this.#descriptor)
    } catch (error) {
      if (!unsyncable.has(errorCode(error))) throw unwritable(this.name, error)
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#isOwn ? close(this.#descriptor) : Promise.resolve()
    return this.#closed
  }

  /** A disk which is full takes a part of a record: the file shall end with a whole one. */
  async #takeBack(written: number): Promise<void> {
    if (written === 0 || !this.#isOwn) return
    try {
      await this.cut((await this.size()) - written)
    } catch {
      // The disk is worse than full; the error at hand says so.
    }
  }
}

/** What devices, pipes and some file systems say: there is nothing to sync. */
const unsyncable: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EROFS', 'EPERM'])

async function syncFolder(folder: string): Promise<void> {
  let descriptor: number | undefined
  try {
    descriptor = await open(folder, 'r')
    await fsync(descriptor)
  } catch (error) {
    // Windows opens no folders, and one may write in a folder which one may not read.
    if (!unsyncable.has(errorCode(error)) && !['EISDIR', 'EACCES'].includes(errorCode(error))) throw error
  } finally {
    if (descriptor !== undefined) await close(descriptor)
  }
}

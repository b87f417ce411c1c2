import type * as nodeFiles from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorCode } from '../../core/errors.ts'

/** The functions of `node:fs/promises` which a spool calls. */
export type Files = Pick<
  typeof nodeFiles,
  | 'chmod'
  | 'copyFile'
  | 'lstat'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'readFile'
  | 'rename'
  | 'stat'
  | 'statfs'
  | 'truncate'
  | 'unlink'
>

/** Creates the folder for this user alone. With `sync`, its entries in the folders above survive a power cut. */
export async function makeFolder(folder: string, files: Files, sync: boolean): Promise<void> {
  const first = await files.mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined || !sync) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made), files)
}

export async function syncFolder(folder: string, files: Pick<Files, 'open'>): Promise<void> {
  let handle: nodeFiles.FileHandle | undefined
  try {
    handle = await files.open(folder, 'r')
    await handle.sync()
  } catch (error) {
    // Windows opens no folders, and some network file systems cannot sync one.
    if (!['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP'].includes(errorCode(error))) throw error
  } finally {
    await handle?.close()
  }
}

/** Removes a file; one which is gone already is fine. */
export async function removeFile(path: string, files: Pick<Files, 'unlink'>): Promise<void> {
  try {
    await files.unlink(path)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

/** Writes all of the bytes, also where the system takes them piece by piece. */
export async function writeWhole(handle: nodeFiles.FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at)
    if (bytesWritten === 0) throw new Error('the file takes no more bytes')
    at += bytesWritten
  }
}

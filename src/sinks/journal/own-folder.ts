import { KinloaderError, errorCode } from '../../core/errors.ts'
import { type Files, syncFolder } from '../spooling/files.ts'
import { dirname } from 'node:path'

/**
 * Makes a folder for this user alone, or sees that it is one: a spool may lie in the system's temporary directory, where
 * everybody may have put a folder of that name, or a link which leads elsewhere, before us.
 *
 * `uid`: of this process; undefined where there is no such thing. Rejects with `SPOOL_UNSAFE`.
 */
export async function ownFolder(folder: string, uid: number | undefined, files: Files): Promise<void> {
  try {
    await files.mkdir(folder, { mode: 0o700 })
    await syncFolder(dirname(folder), files)
    return
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
  const found = await files.lstat(folder)
  const unsafe = found.isSymbolicLink()
    ? 'it is a symbolic link'
    : !found.isDirectory()
      ? 'it is no folder'
      : uid !== undefined && found.uid !== uid
        ? `it belongs to the user with the id ${found.uid}, and this program runs as ${uid}`
        : undefined
  if (unsafe !== undefined) {
    throw new KinloaderError(
      'SPOOL_UNSAFE',
      `The spool folder ${folder} is not safe to use: ${unsafe}; remove it, or choose another spool directory.`,
    )
  }
  if ((found.mode & 0o777) !== 0o700) await files.chmod(folder, 0o700)
}

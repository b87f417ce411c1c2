import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EDQUOT: 'the quota of disk space is used up',
  EFBIG: 'the file has reached the largest size allowed',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no folder',
  ENXIO: 'nobody reads from it',
  EPERM: 'you may not write there',
  EROFS: 'the file system is read-only',
}

/** Why a file cannot be used, in a few words: `the disk is full (ENOSPC)`. */
export function fileReason(error: unknown): string {
  const code = errorCode(error)
  const reason = reasons[code]
  return reason === undefined ? errorText(error) : `${reason} (${code})`
}

/** What was accepted before is not all there; what was not safe by then is read again. */
export function unwritable(name: string, cause: unknown): KinloaderError {
  return new KinloaderError('OUTPUT_UNWRITABLE', `Failed to write ${name}: ${fileReason(cause)}.`, { cause })
}

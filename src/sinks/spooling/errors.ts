import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'

/** One sentence for whatever the file system said about the spool's folder; a spool's own error stays as it is. */
export function spoolError(error: unknown, folder: string): KinloaderError {
  if (error instanceof KinloaderError) return error
  const made = (code: string, message: string, retryable = false): KinloaderError =>
    new KinloaderError(code, message, { cause: error, retryable })
  const systemCode = errorCode(error)
  switch (systemCode) {
    case 'ENOSPC':
    case 'EDQUOT':
      return made('SPOOL_FULL', `The disk of the spool folder ${folder} is full; make room on it.`, true)
    case 'EACCES':
    case 'EPERM':
      return made(
        'SPOOL_DENIED',
        `Access to the spool folder ${folder} is denied; let the user this program runs as read and write it.`,
      )
    case 'EROFS':
      return made(
        'SPOOL_READ_ONLY',
        `The spool folder ${folder} lies on a read-only file system; mount it writable or choose another folder.`,
      )
    case 'EEXIST':
    case 'ENOTDIR':
      return made(
        'SPOOL_NOT_A_FOLDER',
        `The spool folder ${folder} cannot be used, because a file is in the place of it or of a folder above it; choose another folder.`,
      )
    case 'ENOENT':
      return made('SPOOL_GONE', `The spool folder ${folder} was removed while it was in use; start the program again.`)
    default:
      return made(
        'SPOOL_FAILED',
        `The spool folder ${folder} failed (${errorText(error)}); look at its disk.`,
        // Files which others have open are closed some time.
        systemCode === 'EMFILE' || systemCode === 'ENFILE',
      )
  }
}

/** Whether a spool takes it some time without anybody's help: it is full, or there are too many files open. */
export function isPassing(error: unknown): boolean {
  return error instanceof KinloaderError && error.retryable
}

const diskCodes: ReadonlySet<string> = new Set([
  'SPOOL_FULL',
  'SPOOL_DENIED',
  'SPOOL_READ_ONLY',
  'SPOOL_NOT_A_FOLDER',
  'SPOOL_GONE',
  'SPOOL_FAILED',
])

/**
 * Whether the error with this code is the machine's: a disk which is full or ill, a folder which may not be used, too
 * many open files. It ends when somebody sees to it; what is not of this kind comes again however often one tries.
 */
export function isDiskTrouble(code: string): boolean {
  // The system's own codes have no underscore, Node's (ERR_OUT_OF_RANGE) do.
  return diskCodes.has(code) || /^E[A-Z0-9]+$/.test(code)
}

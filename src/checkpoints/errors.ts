import { KinloaderError } from '../core/errors.ts'

/** What every store rejects with when its signal ended the call. */
export function aborted(): KinloaderError {
  return new KinloaderError('ABORTED', 'The checkpoint call was ended before it was done.', { retryable: true })
}

import { KinloaderError } from './errors.ts'

/**
 * Whether the signal has aborted by now. Asked through a function, because the compiler takes an `aborted` it has seen
 * false for false ever after, also across an await.
 */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

/** Resolves when the signal aborts, or at once when it has. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else {
      signal.addEventListener(
        'abort',
        () => {
          resolve()
        },
        { once: true },
      )
    }
  })
}

/**
 * The work's result; rejects with `ABORTED` when the signal aborts before. For work which may not listen to it: the AWS
 * SDK does not while it waits for credentials, which a helper program or a role may let it do for ever.
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new KinloaderError('ABORTED', 'It was aborted before it was done.'))
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort)
    })
  })
}

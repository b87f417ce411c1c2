/** A promise settled from outside. One nobody listens to may reject without ending the process. */
export class Deferred {
  readonly promise: Promise<void>
  resolve: () => void = () => {}
  reject: (reason: Error) => void = () => {}

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.promise.catch(() => undefined)
  }
}

/** Acts when the signal aborts, or at once when it has; returns what takes that back. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) {
    act()
    return () => {}
  }
  signal.addEventListener('abort', act, { once: true })
  return () => {
    signal.removeEventListener('abort', act)
  }
}

/** Resolves when the promise has settled or the signal aborted, and listens to the signal no longer than that. */
export async function settledOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const forget = onAbort(signal, resolve)
    const settled = (): void => {
      forget()
      resolve()
    }
    promise.then(settled, settled)
  })
}

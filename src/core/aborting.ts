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

/**
 * Whether the signal has aborted by now. Asked through a function, because the compiler takes an `aborted` it has seen
 * false for false ever after, also across an await.
 */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted
}

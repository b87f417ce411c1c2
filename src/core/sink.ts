/** The promise that what was written will survive. */
export interface Receipt {
  /** Resolves when all items of the write are safe. A rejection stops the pump; nothing later is acked. */
  readonly safe: Promise<void>
}

/**
 * Where events go.
 *
 * Accepted is not safe: `write` resolves when the sink has taken the items (waiting for that is the
 * back-pressure), the receipt when they are safe. A sink whose `write` waited for safety would hold a full
 * round trip between any two writes, and the throughput of every program would collapse.
 */
export interface Sink<T> {
  readonly name: string
  /**
   * Takes the items, in call order; the caller may call again before an earlier write resolved. Rejects when the
   * items were not taken: by `signal`'s abort with an `ABORTED` error, else with the reason. After a rejection
   * every later write rejects too: a hole in the middle would break order.
   */
  write(items: readonly T[], signal: AbortSignal): Promise<Receipt>
  /** Pushes what was accepted towards safety. Resolves when all receipts have settled or the deadline aborts. */
  flush(deadline: AbortSignal): Promise<void>
  /** Ends the sink; twice is fine. Receipts which cannot be kept by the deadline reject. */
  close(deadline: AbortSignal): Promise<void>
}

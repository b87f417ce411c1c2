/**
 * What the shards have fetched and the pump has not yet taken, first come, first served. Bounded by the budget
 * from outside: a shard pushes only what it has reserved.
 */
export class DeliveryQueue<T> {
  readonly #items: T[] = []
  #wake: () => void = () => {}
  #failure: { readonly error: unknown } | undefined
  /** So many items are given before the end. */
  #left = Number.POSITIVE_INFINITY

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  /** Ends `take` with this error at once: what is still queued was never acked and is read again. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake()
  }

  /** What is queued now is the last that `take` gives. */
  end(): void {
    this.#left = Math.min(this.#left, this.#items.length)
    this.#wake()
  }

  /** The next item; undefined when the signal aborts, or at the end. */
  async take(signal: AbortSignal): Promise<T | undefined> {
    while (!signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#left === 0) return undefined
      const item = this.#items.shift()
      if (item !== undefined) {
        this.#left -= 1
        return item
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        signal.addEventListener('abort', this.#wake, { once: true })
      })
      signal.removeEventListener('abort', this.#wake)
    }
    return undefined
  }
}

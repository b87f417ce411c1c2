/** What was accepted of one sender on one port. */
export interface SenderCount {
  /** The sender's address, or `other`. */
  readonly source: string
  readonly port: number
  messages: number
  bytes: number
}

/**
 * Counts by sender and port. Whoever sends chooses the addresses, so their number is bounded: who comes when it is
 * reached counts as `other`, one a port, and as port 0 when there are as many of those.
 */
export class SenderTally {
  readonly #maxSenders: number
  readonly #counts = new Map<string, SenderCount>()
  readonly #others = new Map<number, SenderCount>()

  /** `maxSenders`: pairs of address and port; default 1,000. */
  constructor({ maxSenders = 1000 } = {}) {
    this.#maxSenders = maxSenders
  }

  add(source: string, port: number, messages: number, bytes: number): void {
    const count = this.#countOf(source, port)
    count.messages += messages
    count.bytes += bytes
  }

  entries(): readonly Readonly<SenderCount>[] {
    return [...this.#counts.values(), ...this.#others.values()]
  }

  #countOf(source: string, port: number): SenderCount {
    const key = `${port} ${source}`
    const known = this.#counts.get(key)
    if (known !== undefined) return known
    if (this.#counts.size < this.#maxSenders) {
      const count = { source, port, messages: 0, bytes: 0 }
      this.#counts.set(key, count)
      return count
    }
    // A PROXY header may name any port.
    const place = this.#others.has(port) || this.#others.size < this.#maxSenders ? port : 0
    const others = this.#others.get(place) ?? { source: 'other', port: place, messages: 0, bytes: 0 }
    this.#others.set(place, others)
    return others
  }
}

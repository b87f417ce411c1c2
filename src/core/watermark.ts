interface Entry<P> {
  readonly position: P
  acked: boolean
}

/**
 * Turns acks in any order into one position a lane which only moves forward: it stands at the last position
 * before which everything is acked. A position whose predecessor is not acked is never reached, however long
 * that takes: remembering it would lose the predecessor at a crash.
 */
export class Watermark<P> {
  readonly #advance: (position: P) => void
  readonly #entries: Entry<P>[] = []

  constructor(advance: (position: P) => void) {
    this.#advance = advance
  }

  /** How many positions are on their way. */
  get size(): number {
    return this.#entries.length
  }

  /** Positions are opened in the lane's order. Returns the ack; a second call of it does nothing. */
  open(position: P): () => void {
    const entry: Entry<P> = { position, acked: false }
    this.#entries.push(entry)
    return () => {
      if (entry.acked) return
      entry.acked = true
      this.#settle()
    }
  }

  #settle(): void {
    let settled = 0
    while (this.#entries[settled]?.acked === true) settled += 1
    if (settled === 0) return
    const last = this.#entries.splice(0, settled).at(-1)
    if (last !== undefined) this.#advance(last.position)
  }
}

/**
 * What a sender has taken and not delivered: how many events, and the bytes in memory, as events which are collected and
 * as records which wait for Kinesis.
 */
export class HeldEvents {
  readonly #maxBytes: number
  readonly #isSpooled: boolean
  #events = 0
  #collectedBytes = 0
  #packedBytes = 0

  constructor(maxBytes: number, isSpooled: boolean) {
    this.#maxBytes = maxBytes
    this.#isSpooled = isSpooled
  }

  /** Also those which are on disk only. */
  get events(): number {
    return this.#events
  }

  get bytes(): number {
    return this.#collectedBytes + this.#packedBytes
  }

  /**
   * One which is larger than all the room there is gets through alone.
   *
   * Records cannot leave the memory before Kinesis takes them, and how large they become shows when they are made. With
   * a spool no more than half of the room is theirs: they would hold back who writes while the spool has room.
   */
  hasRoomFor(bytes: number): boolean {
    const isAlone = this.#collectedBytes === 0 && (this.#isSpooled || this.#packedBytes === 0)
    const packedBytes = this.#isSpooled ? Math.min(this.#packedBytes, this.#maxBytes / 2) : this.#packedBytes
    return isAlone || this.#collectedBytes + packedBytes + bytes <= this.#maxBytes
  }

  /** One event which is collected. */
  take(bytes: number): void {
    this.#events += 1
    this.#collectedBytes += bytes
  }

  /** One was not taken after all. */
  refuse(bytes: number): void {
    this.#events -= 1
    this.#collectedBytes -= bytes
  }

  /** Collected ones are on disk only. */
  evict(bytes: number): void {
    this.#collectedBytes -= bytes
  }

  /** Some which were on disk only are in memory. */
  load(bytes: number): void {
    this.#collectedBytes += bytes
  }

  /** Collected ones are records now. */
  pack(bytes: number, recordBytes: number): void {
    this.#collectedBytes -= bytes
    this.#packedBytes += recordBytes
  }

  deliver(events: number, recordBytes: number): void {
    this.#events -= events
    this.#packedBytes -= recordBytes
  }

  /** The disk did not give them back; negative: it gave more than was known of. */
  lose(events: number): void {
    this.#events -= events
  }
}

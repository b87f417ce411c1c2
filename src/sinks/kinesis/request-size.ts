/** What every endpoint takes; AWS itself takes twice as much since late 2025. */
const carefulBytes = 5 * 1024 * 1024

/** Of a request which every line carries in time. A single record may be more. */
const leastBytes = 256 * 1024

/** How much more is tried after each success. */
const stepBytes = 128 * 1024

/**
 * How large a request may be. Where the way to Kinesis is slow a large one takes longer than anybody waits, and would
 * take as long the next time: so it is halved when it got lost, and grows again while all goes well.
 */
export class RequestSize {
  #mostBytes: number
  #maxBytes: number

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
    this.#maxBytes = mostBytes
  }

  get maxBytes(): number {
    return this.#maxBytes
  }

  /** One of so many bytes was refused as a whole; whether smaller ones may be taken. */
  refused(bytes: number): boolean {
    if (bytes <= carefulBytes || this.#mostBytes <= carefulBytes) return false
    this.#mostBytes = carefulBytes
    this.#maxBytes = Math.min(this.#maxBytes, carefulBytes)
    return true
  }

  /** One of so many bytes got no answer. */
  lost(bytes: number): void {
    this.#maxBytes = Math.min(this.#maxBytes, Math.max(leastBytes, bytes / 2))
  }

  answered(): void {
    this.#maxBytes = Math.min(this.#mostBytes, this.#maxBytes + stepBytes)
  }
}

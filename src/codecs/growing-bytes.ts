/** Bytes which are collected up to a limit known before. The memory grows with what is in it and is used again. */
export class GrowingBytes {
  readonly #maxBytes: number
  #buffer = Buffer.alloc(0)
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get length(): number {
    return this.#length
  }

  /** How many more may be added. */
  get room(): number {
    return this.#maxBytes - this.#length
  }

  /** What is in it, valid until the next change. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Throws a `RangeError` when there is no room for them. */
  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#maxBytes) throw new RangeError(`no room for ${bytes.length} bytes`)
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(1024, 2 * length)))
      this.bytes.copy(larger)
      this.#buffer = larger
    }
    this.#buffer.set(bytes, this.#length)
    this.#length = length
  }

  /** A copy of what is in it, which is empty afterwards. */
  take(): Buffer {
    const bytes = Buffer.from(this.bytes)
    this.#length = 0
    return bytes
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length)
    this.#length -= count
  }
}

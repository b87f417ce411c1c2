import { GrowingBytes } from '../growing-bytes.ts'

/**
 * The beginning of a message whose end has not come yet. It keeps two bytes more than a message may have: then it is too
 * long even when the last of them is the CR before an LF, which does not count.
 */
export class PartialMessage {
  readonly #maxKeptBytes: number
  #kept: GrowingBytes
  #totalBytes = 0

  constructor(maxMessageBytes: number) {
    this.#maxKeptBytes = maxMessageBytes + 2
    this.#kept = new GrowingBytes(this.#maxKeptBytes)
  }

  /** Of the message so far, those included which were not kept. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  get keptBytes(): number {
    return this.#kept.length
  }

  add(bytes: Uint8Array): void {
    this.#totalBytes += bytes.length
    const { room } = this.#kept
    if (room > 0) this.#kept.add(bytes.length > room ? bytes.subarray(0, room) : bytes)
  }

  /** What was kept of it. The next message begins. */
  take(): Buffer {
    this.#totalBytes = 0
    if (this.#kept.length <= smallBytes) return this.#kept.take()
    // An idle connection must not sit on the memory of its longest message.
    const { bytes } = this.#kept
    this.#kept = new GrowingBytes(this.#maxKeptBytes)
    return bytes
  }
}

const smallBytes = 4096

import { isAscii } from 'node:buffer'

/**
 * Cuts messages out of bytes: a string where the message is ASCII, else its bytes as they are, for nobody knows yet
 * whether they are UTF-8. Strings are slices of one string for the whole: no copies, no allocation for each.
 */
export class Messages {
  /** One character a byte: positions in it are positions in the bytes, and searching it is a memchr. */
  readonly text: string
  readonly #bytes: Buffer
  readonly #allAscii: boolean

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#allAscii = isAscii(bytes)
    this.text = bytes.toString('latin1')
  }

  between(start: number, end: number): string | Uint8Array {
    if (this.#allAscii) return this.text.slice(start, end)
    const bytes = this.#bytes.subarray(start, end)
    return isAscii(bytes) ? this.text.slice(start, end) : bytes
  }
}

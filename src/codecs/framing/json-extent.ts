/**
 * Where the JSON object ends with which a frame begins, read piece by piece. Braces are counted outside strings only;
 * whether what stands between them is JSON is not its business.
 */
export class JsonExtent {
  #depth = 0
  #isInString = false
  #isEscaped = false
  /** The last byte that is no white space. */
  #lastByte = 0

  /** The next object begins. */
  reset(): void {
    this.#depth = 0
    this.#isInString = false
    this.#isEscaped = false
    this.#lastByte = 0
  }

  get isInString(): boolean {
    return this.#isInString
  }

  /** Whether the brace has come which closes the object. */
  get isClosed(): boolean {
    return this.#depth === 0 && this.#lastByte !== 0
  }

  /** Whether JSON lets a value begin here, as far as what precedes it tells. */
  get mayValueFollow(): boolean {
    return this.#lastByte === comma || this.#lastByte === colon || this.#lastByte === openBracket
  }

  /** The next bytes. The first ever is the opening brace; what follows the closing one does not matter. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    if (start >= end || this.isClosed) return
    let depth = this.#depth
    let at = start
    if (this.#isInString) at = this.#stringEnd(bytes, at, end)
    while (at < end) {
      const byte = bytes[at++]
      if (byte === quote) at = this.#stringEnd(bytes, at, end)
      else if (byte === openBrace) depth++
      else if (byte === closeBrace && --depth === 0) break
    }
    this.#depth = depth
    this.#noteLastByte(bytes, start, depth === 0 ? at : end)
  }

  /** Behind the string in which `at` lies, or `end`. */
  #stringEnd(bytes: Uint8Array, start: number, end: number): number {
    let at = this.#isEscaped ? start + 1 : start
    while (at < end) {
      const byte = bytes[at++]
      if (byte === quote) {
        this.#isInString = false
        this.#isEscaped = false
        return at
      }
      if (byte === backslash) at++
    }
    this.#isInString = true
    this.#isEscaped = at > end
    return end
  }

  #noteLastByte(bytes: Uint8Array, start: number, end: number): void {
    for (let at = end - 1; at >= start; at--) {
      const byte = bytes[at] ?? 0
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue
      this.#lastByte = byte
      return
    }
  }
}

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d

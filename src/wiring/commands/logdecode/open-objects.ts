/** Whether a text which comes in parts stands inside a JSON object. Brackets are counted outside strings only. */
export class OpenObjects {
  #depth = 0
  #inString = false
  #isEscaped = false

  isOpenAfter(bytes: Buffer): boolean {
    if (this.#depth > 0 || !endsInWholeLine(bytes)) this.#scan(bytes)
    return this.#depth > 0
  }

  #scan(bytes: Buffer): void {
    for (const byte of bytes) {
      if (this.#isEscaped) this.#isEscaped = false
      else if (this.#inString) {
        if (byte === backslash) this.#isEscaped = true
        else if (byte === quote) this.#inString = false
      } else if (byte === quote) this.#inString = this.#depth > 0
      else if (byte === openBrace) this.#depth++
      else if (byte === closeBrace && this.#depth > 0) this.#depth--
    }
  }
}

/** All senders write an object a line, and no object has a line feed inside; so mostly one look at the end will do. */
function endsInWholeLine(bytes: Buffer): boolean {
  const end = bytes.length - 1
  if (bytes[end] !== lineFeed || bytes[end - 1] !== closeBrace) return false
  return bytes[bytes.lastIndexOf(lineFeed, end - 1) + 1] === openBrace
}

const lineFeed = 0x0a
const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d

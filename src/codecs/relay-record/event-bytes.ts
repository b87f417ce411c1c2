import { isUtf8 } from 'node:buffer'
import { withInvalidEscaped } from '../message-text.ts'

/**
 * The JSON of events, one behind the other with a comma after each, and where each ends. A JavaScript string is never
 * made: the text is copied in one go, looked through four bytes at a time for what JSON or UTF-8 do not allow, and what
 * is found, seldom, is written anew byte by byte.
 *
 *     …{"id":"…","timestamp":1519247270240,"message":"<13>1 2018-…"},{"id":…
 *                                                                    └ endOf(0), startOf(1)
 */
export class EventBytes {
  #bytes = Buffer.allocUnsafeSlow(262_144)
  /** The same memory. */
  #words = new Int32Array(this.#bytes.buffer)
  #length = 0
  readonly #ends: number[] = []
  #start = 0

  /** Forgets everything. `margin`: bytes left free before the first event. */
  clear(margin: number): void {
    this.#start = margin
    this.#length = margin
    this.#ends.length = 0
  }

  get count(): number {
    return this.#ends.length
  }

  /** Of all events, with the comma behind each. */
  get byteLength(): number {
    return this.#length - this.#start
  }

  /** All the memory: whoever writes outside of the events' places knows what he does. */
  get memory(): Buffer {
    return this.#bytes
  }

  startOf(index: number): number {
    return index === 0 ? this.#start : this.endOf(index - 1)
  }

  /** Behind its comma. */
  endOf(index: number): number {
    return this.#ends[index] ?? this.#length
  }

  /** Forgets the first events; the next becomes number 0 and gets its margin. */
  drop(count: number, margin: number): void {
    const from = this.startOf(count)
    this.#bytes.copyWithin(margin, from, this.#length)
    this.#ends.splice(0, count)
    const shift = from - margin
    for (const [index, end] of this.#ends.entries()) this.#ends[index] = end - shift
    this.#start = margin
    this.#length -= shift
  }

  /** `head`: up to the quote with which the text begins. Whether all of the message was UTF-8. */
  add(head: Uint8Array, message: Uint8Array): boolean {
    this.#makeRoom(head.length + message.length * longestEscape + 4)
    const start = this.#length + head.length
    this.#bytes.set(head, this.#length)
    this.#bytes.set(message, start)
    const plainEnd = this.#plainEnd(start, start + message.length)
    let end = plainEnd
    let isValid = true
    if (plainEnd < start + message.length) {
      end = this.#escape(message, plainEnd - start, plainEnd)
      if (end < 0) {
        isValid = false
        // Four characters, of which the backslash is escaped in JSON: never more than six bytes.
        end = this.#escape(withInvalidEscaped(message).bytes, 0, start)
      }
    }
    this.#bytes[end] = quote
    this.#bytes[end + 1] = closeBrace
    this.#bytes[end + 2] = comma
    this.#length = end + 3
    this.#ends.push(this.#length)
    return isValid
  }

  /** The first byte from `at` on which is neither plain ASCII nor behind `end`. */
  #plainEnd(at: number, end: number): number {
    const bytes = this.#bytes
    for (; at < end && (at & 3) !== 0; at++) if (kinds[bytes[at] ?? 0] !== plain) return at
    const words = this.#words
    const wordsEnd = end >>> 2
    let index = at >>> 2
    for (; index < wordsEnd; index++) {
      const word = words[index] ?? 0
      const quotes = word ^ 0x22222222
      const backslashes = word ^ 0x5c5c5c5c
      // Sets the highest bit of each byte which is a control, a quote, a backslash or no ASCII, and sometimes of the
      // byte above such a one.
      const odd = word | (word - 0x20202020) | (quotes - 0x01010101) | (backslashes - 0x01010101)
      if ((odd & 0x80808080) !== 0) break
    }
    at = Math.max(at, index << 2)
    for (; at < end; at++) if (kinds[bytes[at] ?? 0] !== plain) return at
    return end
  }

  /** Writes the message from `from` on to `at`, and says where that ends; -1 when the message is no UTF-8. */
  #escape(message: Uint8Array, from: number, at: number): number {
    const bytes = this.#bytes
    let isAscii = true
    for (; from < message.length; from++) {
      const byte = message[from] ?? 0
      const kind = kinds[byte]
      if (kind === control) {
        at = this.#escapeControl(byte, at)
        continue
      }
      if (kind === escaped) bytes[at++] = backslash
      else if (kind === wide && isAscii) {
        if (!isUtf8(message)) return -1
        isAscii = false
      }
      bytes[at++] = byte
    }
    return at
  }

  #escapeControl(byte: number, at: number): number {
    return at + this.#bytes.write(JSON.stringify(String.fromCharCode(byte)).slice(1, -1), at, 'latin1')
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.ceil((this.#length + bytes) * 0.4) * 4)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
    this.#words = new Int32Array(larger.buffer)
  }
}

/** `\u0000` */
const longestEscape = 6
const quote = 0x22
const comma = 0x2c
const backslash = 0x5c
const closeBrace = 0x7d

const plain = 0
const escaped = 1
const control = 2
const wide = 3
/** What each byte is in a JSON text. */
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20) return control
  if (byte === quote || byte === backslash) return escaped
  return byte < 0x80 ? plain : wide
})

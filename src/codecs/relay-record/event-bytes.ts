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
  #view = new DataView(this.#bytes.buffer)
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
    this.#makeRoom(head.length + (message.length + 1) * longestEscape)
    const start = this.#length + head.length
    this.#bytes.set(head, this.#length)
    this.#bytes.set(message, start)
    let end = this.#plainEnd(start, start + message.length)
    if (end < start + message.length) {
      end = this.#escape(message, end - start, end)
      if (end < 0) {
        this.add(head, withInvalidEscaped(message).bytes)
        return false
      }
    }
    const bytes = this.#bytes
    bytes[end] = quote
    bytes[end + 1] = closeBrace
    bytes[end + 2] = comma
    this.#length = end + 3
    this.#ends.push(this.#length)
    return true
  }

  /** The first byte from `at` on which is not plain ASCII; `end` when all are. */
  #plainEnd(at: number, end: number): number {
    const view = this.#view
    while (at + 4 <= end && (oddBytes(view.getInt32(at, true)) & highBits) === 0) at += 4
    while (at < end && kinds[this.#bytes[at] ?? 0] === plain) at++
    return at
  }

  /**
   * Writes the message from `from` on to `at`, and says where that ends; -1 when the message is no UTF-8. It is read from
   * the far end of the room made for it, which what is written reaches only when all is read.
   */
  #escape(message: Uint8Array, from: number, at: number): number {
    const bytes = this.#bytes
    const view = this.#view
    const copyStart = at - from + message.length * (longestEscape - 1)
    const end = copyStart + message.length
    bytes.set(message, copyStart)
    let isAscii = true
    for (let next = copyStart + from; next < end; ) {
      while (next + 4 <= end) {
        const word = view.getInt32(next, true)
        if ((oddBytes(word) & highBits) !== 0) break
        view.setInt32(at, word, true)
        next += 4
        at += 4
      }
      for (const stop = Math.min(next + 4, end); next < stop; next++) {
        const byte = bytes[next] ?? 0
        const kind = kinds[byte]
        if (kind === control) {
          const escape = controlEscapes[byte] ?? noBytes
          bytes.set(escape, at)
          at += escape.length
          continue
        }
        if (kind === escaped) bytes[at++] = backslash
        else if (kind === wide && isAscii) {
          if (!isUtf8(message)) return -1
          isAscii = false
        }
        bytes[at++] = byte
      }
    }
    return at
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.ceil((this.#length + bytes) * 1.5))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

/**
 * The highest bit of each byte is set which is a control, a quote, a backslash or no ASCII. It may be set in the byte
 * above such a one as well, but never when there is none.
 */
function oddBytes(word: number): number {
  return word | (word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101)
}

const highBits = 0x80808080
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
const controlEscapes = Array.from({ length: 0x20 }, (_, byte) =>
  Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)),
)
const noBytes = Buffer.alloc(0)

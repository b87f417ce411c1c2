import { isUtf8 } from 'node:buffer'
import { withInvalidEscaped } from '../message-text.ts'

/**
 * The JSON of events, one behind the other with a comma after each, and where each ends. A JavaScript string is never
 * made: the text is copied four bytes at a time, and only four with something in it which JSON or UTF-8 do not allow
 * are copied byte by byte.
 *
 *     …{"id":"…","timestamp":1519247270240,"message":"<13>1 2018-…"},{"id":…
 *                                                                    └ endOf(0), startOf(1)
 */
export class EventBytes {
  #bytes = Buffer.allocUnsafeSlow(smallest)
  /** The same memory. */
  #view = new DataView(this.#bytes.buffer)
  #length = 0
  /** Typed, and used again: an array would grow through the young generation with each segment. */
  #ends = new Uint32Array(32_768)
  #count = 0
  #start = 0
  /** Of the memory in which the last message was: the next is mostly there as well. */
  #source: DataView = new DataView(new ArrayBuffer(0))

  /** Forgets everything. `margin`: bytes left free before the first event. */
  clear(margin: number): void {
    // A rare giant is not kept.
    if (this.#bytes.length > largest) this.#take(Buffer.allocUnsafeSlow(smallest))
    this.#start = margin
    this.#length = margin
    this.#count = 0
  }

  get count(): number {
    return this.#count
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
    const shift = from - margin
    this.#count -= count
    for (let index = 0; index < this.#count; index++) this.#ends[index] = this.endOf(index + count) - shift
    this.#start = margin
    this.#length -= shift
  }

  /**
   * `head`: up to the quote with which the text begins. The message is what stands from `start` to `stop`. Whether all of
   * it was UTF-8.
   */
  add(head: Uint8Array, source: Uint8Array, start: number, stop: number): boolean {
    this.#makeRoom(head.length + (stop - start + 1) * longestEscape)
    this.#bytes.set(head, this.#length)
    const end = this.#copy(source, start, stop, this.#length + head.length)
    if (end < 0) {
      const { bytes } = withInvalidEscaped(source.subarray(start, stop))
      this.add(head, bytes, 0, bytes.length)
      return false
    }
    const bytes = this.#bytes
    bytes[end] = quote
    bytes[end + 1] = closeBrace
    bytes[end + 2] = comma
    this.#length = end + 3
    if (this.#count === this.#ends.length) {
      const more = new Uint32Array(2 * this.#count)
      more.set(this.#ends)
      this.#ends = more
    }
    this.#ends[this.#count++] = this.#length
    return true
  }

  /** Writes the message to `at`, and says where that ends; -1 when the message is no UTF-8. */
  #copy(memory: Uint8Array, start: number, stop: number, at: number): number {
    if (memory.buffer !== this.#source.buffer) this.#source = new DataView(memory.buffer)
    const source = this.#source
    const view = this.#view
    const bytes = this.#bytes
    const offset = memory.byteOffset
    let next = offset + start
    const end = offset + stop
    let isAscii = true
    while (next < end) {
      for (; next + 4 <= end; next += 4, at += 4) {
        const word = source.getInt32(next, true)
        if ((oddBytes(word) & highBits) !== 0) break
        view.setInt32(at, word, true)
      }
      for (const wordEnd = Math.min(next + 4, end); next < wordEnd; next++) {
        const byte = source.getUint8(next)
        const kind = kinds[byte]
        if (kind === control) {
          const escape = controlEscapes[byte] ?? noBytes
          bytes.set(escape, at)
          at += escape.length
          continue
        }
        if (kind === escaped) bytes[at++] = backslash
        else if (kind === wide && isAscii) {
          if (!isUtf8(memory.subarray(start, stop))) return -1
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
    this.#take(larger)
  }

  #take(memory: Buffer<ArrayBuffer>): void {
    this.#bytes = memory
    this.#view = new DataView(memory.buffer)
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
const smallest = 262_144
const largest = 32 * 1024 * 1024
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

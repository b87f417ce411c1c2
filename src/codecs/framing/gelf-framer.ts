import type { Framer, FramerRefusal } from '../../core/framer.ts'
import type { Messages } from '../../core/messages.ts'
import type { Counters } from '../../core/metrics.ts'
import { asBuffer } from '../as-buffer.ts'
import { compressionOf } from '../gelf-compression.ts'
import { FramedMessages } from './framed-messages.ts'
import { JsonExtent } from './json-extent.ts'
import { Opening } from './opening.ts'
import { PartialMessage } from './partial-message.ts'
import { endOfLine, isFrameGap, Terminators } from './terminators.ts'

export interface GelfFramerOptions {
  /** A longer message is dropped: half a JSON is of no use. At least 1. */
  readonly maxMessageBytes: number
  /** Gets `received` and `dropped.gelf_too_large`. */
  readonly counters: Counters
}

/**
 * GELF over TCP and TLS: objects which end at a NUL, or at the LF behind their closing brace, so that pretty-printed
 * ones and those of senders who write lines come whole. What is no object ends at the earliest LF or NUL.
 *
 *     {"a":1}\0{\n  "b": "}"\n}\r\nno object\n      {"a":1}   {\n  "b": "}"\n}   no object
 *
 * A broken object never closes. So that it does not take its successors with it, it also ends at an LF behind which a
 * new object begins where JSON allows none (`#startsAnew`).
 *
 * `received` is one for each message, and one for each which is dropped.
 */
export class GelfFramer implements Framer {
  readonly #maxMessageBytes: number
  readonly #counters: Counters
  readonly #opening = new Opening()
  readonly #partial: PartialMessage
  readonly #extent = new JsonExtent()
  #isObject = false
  /** The last bytes of a chunk which do not tell yet what they are: at most 5. */
  #undecided: Buffer = nothing
  #refusal: FramerRefusal | undefined

  constructor({ maxMessageBytes, counters }: GelfFramerOptions) {
    this.#maxMessageBytes = maxMessageBytes
    this.#counters = counters
    this.#partial = new PartialMessage(maxMessageBytes)
  }

  get refusal(): FramerRefusal | undefined {
    return this.#refusal
  }

  get heldBytes(): number {
    return this.#partial.keptBytes + this.#undecided.length
  }

  push(chunk: Uint8Array): readonly Messages[] {
    return this.#read(chunk, false)
  }

  /** Delivers a message which has begun. */
  end(): readonly Messages[] {
    return this.#read(nothing, true)
  }

  #read(chunk: Uint8Array, isEnd: boolean): readonly Messages[] {
    if (this.#refusal !== undefined) return []
    const messages = new FramedMessages()
    const bytes = this.#undecided.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#undecided, chunk])
    this.#undecided = nothing
    const opening = this.#opening.look(bytes, isEnd)
    if (opening === 'tls_hello') this.#refusal = opening
    else if (opening === 'undecided') this.#undecided = Buffer.from(bytes)
    else this.#cut(bytes, isEnd, messages)
    if (isEnd && this.#partial.totalBytes > 0) this.#deliverPartial(undefined, messages)
    if (messages.count > 0) this.#counters.add('received', messages.count)
    return messages.pieces
  }

  #cut(bytes: Buffer, isEnd: boolean, messages: FramedMessages): void {
    const terminators = new Terminators(bytes)
    let at = this.#partial.totalBytes > 0 ? this.#rest(bytes, 0, isEnd, terminators, messages) : 0
    while (at < bytes.length && this.#refusal === undefined) {
      const first = bytes[at]
      if (isFrameGap(first)) {
        at++
        continue
      }
      if (mayBeCompressed(first)) {
        if (at + 1 === bytes.length && !isEnd) {
          this.#undecided = Buffer.from(bytes.subarray(at))
          return
        }
        if (compressionOf(bytes, at) !== undefined) {
          this.#refusal = 'compressed'
          return
        }
      }
      this.#isObject = first === openBrace
      this.#extent.reset()
      at = this.#rest(bytes, at, isEnd, terminators, messages)
    }
  }

  /** A frame, or the rest of one which began in an earlier chunk. Returns where the next begins. */
  #rest(bytes: Buffer, at: number, isEnd: boolean, terminators: Terminators, messages: FramedMessages): number {
    let scanned = at
    for (let end = terminators.next(at); end >= 0; end = terminators.next(scanned)) {
      const isWhole = !this.#isObject || bytes[end] === 0 || this.#isClosedAt(bytes, scanned, end)
      const isOver = isWhole || this.#startsAnew(bytes, end, this.#partial.totalBytes + end - at, isEnd)
      if (isOver === undefined) {
        this.#partial.add(bytes.subarray(at, end))
        this.#undecided = Buffer.from(bytes.subarray(end))
        return bytes.length
      }
      if (isOver) {
        if (this.#partial.totalBytes === 0) {
          this.#deliver(bytes, at, endOfLine(bytes, at, end, bytes[end]), messages)
        } else {
          this.#partial.add(bytes.subarray(at, end))
          this.#deliverPartial(bytes[end], messages)
        }
        return end + 1
      }
      this.#extent.scan(bytes, end, end + 1)
      scanned = end + 1
    }
    if (this.#isObject) this.#extent.scan(bytes, scanned, bytes.length)
    this.#partial.add(bytes.subarray(at))
    return bytes.length
  }

  #isClosedAt(bytes: Buffer, scanned: number, lineEnd: number): boolean {
    this.#extent.scan(bytes, scanned, lineEnd)
    return this.#extent.isClosed
  }

  /**
   * Whether the object which has not closed at an LF is broken, because another begins behind it: outside a string where
   * JSON allows no value; inside one with `{"` and a letter, which would be a string's end and then no JSON. For a raw
   * LF in a string, which is no JSON either, is common and does no harm. Once the message is too large, and so lost
   * anyway, any brace will do, or its senders would be waiting for the end of a string for ever.
   *
   * Undefined: the bytes end before it is known.
   */
  #startsAnew(bytes: Buffer, lineEnd: number, messageBytes: number, isEnd: boolean): boolean | undefined {
    const mayCome = isEnd ? false : undefined
    const first = bytes[lineEnd + 1]
    if (first !== openBrace) return first === undefined ? mayCome : false
    if (!this.#extent.isInString) return !this.#extent.mayValueFollow
    if (messageBytes > this.#maxMessageBytes) return true
    const second = bytes[lineEnd + 2]
    if (second !== quote) return second === undefined ? mayCome : false
    const third = bytes[lineEnd + 3]
    return third === undefined ? mayCome : isKeyStart(third)
  }

  /** The message which began in an earlier chunk. */
  #deliverPartial(terminator: number | undefined, messages: FramedMessages): void {
    const message = this.#partial.take()
    this.#deliver(message, 0, endOfLine(message, 0, message.length, terminator), messages)
  }

  #deliver(bytes: Buffer, start: number, end: number, messages: FramedMessages): void {
    if (this.#opening.mayBeHttp && this.#opening.isHttpRequest(bytes.subarray(start, end), this.#maxMessageBytes)) {
      this.#refusal = 'http_check'
    } else if (end - start > this.#maxMessageBytes) {
      this.#counters.add('received')
      this.#counters.add('dropped.gelf_too_large')
    } else {
      messages.add(bytes, start, end)
    }
  }
}

function mayBeCompressed(byte: number | undefined): boolean {
  return byte === 0x1f || byte === 0x78
}

/** A letter or `_`: the first of a GELF key. */
function isKeyStart(byte: number): boolean {
  const lower = byte | 0x20
  return (lower >= 0x61 && lower <= 0x7a) || byte === 0x5f
}

const nothing = Buffer.alloc(0)
const quote = 0x22
const openBrace = 0x7b

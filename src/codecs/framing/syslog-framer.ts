import type { Framer, FramerRefusal } from '../../core/framer.ts'
import type { Messages } from '../../core/messages.ts'
import type { Counters } from '../../core/metrics.ts'
import { asBuffer } from '../as-buffer.ts'
import { FramedMessages } from './framed-messages.ts'
import { endWithinLimit } from './message-limit.ts'
import { isCountStart, OctetCount } from './octet-count.ts'
import { Opening } from './opening.ts'
import { PartialMessage } from './partial-message.ts'
import { endOfLine, isFrameGap, Terminators } from './terminators.ts'

/** `auto`: decided afresh at each frame. `octet`: counted frames, and nothing else. `line`: no frame is counted. */
export type SyslogFraming = 'auto' | 'octet' | 'line'

export interface SyslogFramerOptions {
  readonly mode: SyslogFraming
  /** What a message has beyond is discarded. At least 1. */
  readonly maxMessageBytes: number
  /** Gets `received`, `truncated` and `discarded.partial_frame`. */
  readonly counters: Counters
}

/**
 * Syslog over TCP and TLS (RFC 6587, RFC 5425): counted frames, and lines which end at the earliest LF or NUL, mixed as
 * the sender likes.
 *
 *     5 <13>a7 <13>b\nc<13>d\r\n\n<13>e\0      <13>a   <13>b\nc   <13>d   <13>e
 *
 * `received` is one for each message, and one for each frame which is discarded.
 */
export class SyslogFramer implements Framer {
  readonly #mode: SyslogFraming
  readonly #maxMessageBytes: number
  readonly #counters: Counters
  readonly #opening = new Opening()
  readonly #count = new OctetCount()
  readonly #partial: PartialMessage
  /** Of a counted frame the partial message belongs to; 0 when it is a line. */
  #missingBytes = 0
  /** The last bytes of a chunk which do not tell yet what they begin: at most 12. */
  #undecided: Buffer = nothing
  #refusal: FramerRefusal | undefined

  constructor({ mode, maxMessageBytes, counters }: SyslogFramerOptions) {
    this.#mode = mode
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

  /** Delivers a line which has begun; a counted frame which is not complete is no message. */
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
    if (isEnd) this.#finish(messages)
    if (messages.count > 0) this.#counters.add('received', messages.count)
    return messages.pieces
  }

  #cut(bytes: Buffer, isEnd: boolean, messages: FramedMessages): void {
    const terminators = new Terminators(bytes)
    let at = this.#missingBytes > 0 ? this.#counted(bytes, 0, messages) : 0
    if (this.#partial.totalBytes > 0 && this.#missingBytes === 0) at = this.#line(bytes, at, terminators, messages)
    while (at < bytes.length && this.#refusal === undefined) {
      const first = bytes[at]
      if (isFrameGap(first)) {
        at++
      } else if (this.#mode === 'line' || (this.#mode === 'auto' && !isCountStart(first))) {
        at = this.#line(bytes, at, terminators, messages)
      } else {
        at = this.#frame(bytes, at, isEnd, terminators, messages)
      }
    }
  }

  /** A frame which may be counted. Returns where the next begins. */
  #frame(bytes: Buffer, at: number, isEnd: boolean, terminators: Terminators, messages: FramedMessages): number {
    const kind = this.#count.read(bytes, at)
    if (kind === 'counted') {
      this.#missingBytes = this.#count.bodyBytes
      return this.#counted(bytes, this.#count.bodyStart, messages)
    }
    if (kind === 'undecided' && !isEnd) {
      this.#undecided = Buffer.from(bytes.subarray(at))
      return bytes.length
    }
    if (this.#mode !== 'octet' || this.#opening.mayBeHttp) return this.#line(bytes, at, terminators, messages)
    if (kind === 'undecided') this.#discard()
    else this.#refusal = 'not_counted'
    return bytes.length
  }

  #counted(bytes: Buffer, at: number, messages: FramedMessages): number {
    const end = at + this.#missingBytes
    if (end > bytes.length) {
      this.#missingBytes = end - bytes.length
      this.#partial.add(bytes.subarray(at))
      return bytes.length
    }
    this.#missingBytes = 0
    if (this.#partial.totalBytes === 0) {
      this.#add(bytes, at, end, messages)
    } else {
      this.#partial.add(bytes.subarray(at, end))
      const message = this.#partial.take()
      this.#add(message, 0, message.length, messages)
    }
    return end
  }

  #line(bytes: Buffer, at: number, terminators: Terminators, messages: FramedMessages): number {
    const end = terminators.next(at)
    if (end < 0) {
      this.#partial.add(bytes.subarray(at))
      return bytes.length
    }
    if (this.#partial.totalBytes === 0) {
      this.#deliver(bytes, at, endOfLine(bytes, at, end, bytes[end]), messages)
    } else {
      this.#partial.add(bytes.subarray(at, end))
      const line = this.#partial.take()
      this.#deliver(line, 0, endOfLine(line, 0, line.length, bytes[end]), messages)
    }
    return end + 1
  }

  #deliver(bytes: Buffer, start: number, end: number, messages: FramedMessages): void {
    if (this.#opening.mayBeHttp && this.#opening.isHttpRequest(bytes.subarray(start, end), this.#maxMessageBytes))
      this.#refusal = 'http_check'
    else if (this.#mode === 'octet') this.#refusal = 'not_counted'
    else this.#add(bytes, start, end, messages)
  }

  #add(bytes: Buffer, start: number, end: number, messages: FramedMessages): void {
    messages.add(bytes, start, endWithinLimit(bytes, start, end, this.#maxMessageBytes, this.#counters))
  }

  #finish(messages: FramedMessages): void {
    if (this.#partial.totalBytes === 0) return
    const message = this.#partial.take()
    if (this.#missingBytes > 0) this.#discard()
    else this.#deliver(message, 0, message.length, messages)
    this.#missingBytes = 0
  }

  #discard(): void {
    this.#counters.add('received')
    this.#counters.add('discarded.partial_frame')
  }
}

const nothing = Buffer.alloc(0)

import { GrowingBytes } from './growing-bytes.ts'
import type { LinearPattern } from './linear-pattern.ts'

export interface MultilineOptions {
  /**
   * - `newline`: a line is an event; empty lines are dropped.
   * - `regex`: a line which `pattern` finds something in begins an event, others continue it.
   * - `none`: everything is one event.
   */
  readonly mode: SplitMode
  /** Of mode `regex`. It sees the first 4,096 bytes of a line. */
  readonly pattern?: LinearPattern
  /** Lines of an event; with the last one it is complete. 0 is unlimited. Default 1,000. */
  readonly maxLines?: number
  /** Bytes of an event, prefix and line feeds included; at least 16. */
  readonly maxEventBytes: number
  /** Put before each event; asked for when the first line of the event is complete. Much shorter than an event. */
  readonly prefix?: () => string
}

export type SplitMode = 'none' | 'newline' | 'regex'

export interface MultilineCounters {
  readonly lines: number
  readonly events: number
  /** Lines longer than an event may be: cut into several events. */
  readonly splitLines: number
  /** Events which had to end before their time, because the next line did not fit. */
  readonly splitEvents: number
}

/**
 * Joins the lines of a byte stream into events, whatever pieces the stream comes in.
 *
 *     in    one CR LF two LF LF thr|ee          | a border between chunks
 *     out   one LF · two LF · three LF          mode newline, three events
 *
 * A line ends in LF or CR LF, the last one may lack it; in an event it ends in LF. Nothing else is changed: the bytes
 * need not be text. Memory is bounded by three events. A line which is too long is cut between two characters where
 * it is UTF-8; only its last part ends in LF.
 */
export class Multiline {
  readonly #options: MultilineOptions
  readonly #maxLines: number
  /** A line whose end is yet to come; the two bytes more are for a CR, and for the byte which tells that it is too long. */
  readonly #line: GrowingBytes
  readonly #event: GrowingBytes
  readonly #counters = { lines: 0, events: 0, splitLines: 0, splitEvents: 0 }
  #eventLines = 0
  /** The beginning of the line has gone out already. */
  #isLineCut = false
  #complete: Buffer[] = []

  constructor(options: MultilineOptions) {
    const { maxEventBytes, maxLines = 1000 } = options
    if (maxEventBytes < 16) throw new RangeError('an event must have room for 16 bytes')
    this.#options = options
    this.#maxLines = maxLines === 0 ? Infinity : maxLines
    this.#line = new GrowingBytes(maxEventBytes + 2)
    this.#event = new GrowingBytes(maxEventBytes)
  }

  get counters(): MultilineCounters {
    return this.#counters
  }

  /** The events which are complete with this chunk. The chunk may be used again afterwards. */
  push(chunk: Uint8Array): Buffer[] {
    for (let start = 0; start < chunk.length; ) {
      const found = chunk.indexOf(0x0a, start)
      const end = found < 0 ? chunk.length : found
      const bytes = chunk.subarray(start, end)
      if (found < 0) this.#continueLine(bytes)
      else if (this.#line.length === 0 && !this.#isLineCut && bytes.length <= this.#options.maxEventBytes) {
        this.#endLine(withoutCarriageReturn(bytes))
      } else {
        this.#continueLine(bytes)
        this.#endLine(withoutCarriageReturn(this.#line.bytes))
      }
      start = end + 1
    }
    return this.#taken()
  }

  /** The input has ended: what was still open is complete. */
  end(): Buffer[] {
    if (this.#line.length > 0) this.#endLine(this.#line.bytes)
    this.#endEvent()
    return this.#taken()
  }

  #continueLine(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      const part = bytes.subarray(start, start + this.#line.room)
      this.#line.add(part)
      start += part.length
      // A CR at the end may belong to the line's end: that it counts is known when the next byte is.
      while (withoutCarriageReturn(this.#line.bytes).length > this.#options.maxEventBytes) {
        this.#makeRoom(this.#line.bytes)
        this.#beginEvent()
        this.#line.drop(this.#cutLine(this.#line.bytes))
      }
    }
  }

  /** The line may lie in `#line`, which is empty afterwards. */
  #endLine(line: Uint8Array): void {
    this.#counters.lines += 1
    if (line.length > 0 || this.#options.mode !== 'newline') this.#addLine(line)
    this.#line.drop(this.#line.length)
    this.#isLineCut = false
  }

  #addLine(line: Uint8Array): void {
    this.#makeRoom(line)
    if (this.#eventLines === 0) this.#beginEvent()
    let rest = line
    while (rest.length + 1 > this.#event.room) {
      rest = rest.subarray(this.#cutLine(rest))
      this.#beginEvent()
    }
    this.#event.add(rest)
    this.#event.add(lineFeed)
    this.#eventLines += 1
    if (this.#options.mode === 'newline' || this.#eventLines >= this.#maxLines) this.#endEvent()
  }

  /** Ends the event when the line begins the next one, or when there is no room left for the line. */
  #makeRoom(line: Uint8Array): void {
    if (this.#eventLines === 0) return
    if (this.#begins(line)) this.#endEvent()
    else if (line.length + 1 > this.#event.room) {
      this.#counters.splitEvents += 1
      this.#endEvent()
    }
  }

  #begins(line: Uint8Array): boolean {
    const { mode, pattern, maxEventBytes } = this.#options
    return mode === 'regex' && pattern?.test(line.subarray(0, Math.min(maxHeadBytes, maxEventBytes))) === true
  }

  #beginEvent(): void {
    const { prefix, maxEventBytes } = this.#options
    if (prefix !== undefined) this.#event.add(Buffer.from(prefix()).subarray(0, maxEventBytes / 2))
  }

  /** Fills the event which has just begun, which thereby ends; returns how many bytes of the line are in it. */
  #cutLine(line: Uint8Array): number {
    if (!this.#isLineCut) this.#counters.splitLines += 1
    this.#isLineCut = true
    const count = characterBorder(line, Math.min(this.#event.room, line.length - 1))
    this.#event.add(line.subarray(0, count))
    this.#endEvent()
    return count
  }

  #endEvent(): void {
    if (this.#event.length === 0) return
    this.#complete.push(this.#event.take())
    this.#counters.events += 1
    this.#eventLines = 0
  }

  #taken(): Buffer[] {
    const complete = this.#complete
    this.#complete = []
    return complete
  }
}

/** A search takes time linear in what it searches, and this bounds that. */
const maxHeadBytes = 4096
const lineFeed = Buffer.from('\n')

function withoutCarriageReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === 0x0d ? line.subarray(0, -1) : line
}

/** The last place up to `at` which is not inside of a UTF-8 character; `at` itself where the bytes are no UTF-8. */
function characterBorder(bytes: Uint8Array, at: number): number {
  for (let back = 0; back <= 3; back++) {
    const byte = bytes[at - back] ?? 0
    if (byte >= 0x80 && byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return back < length ? at - back : at
  }
  return at
}

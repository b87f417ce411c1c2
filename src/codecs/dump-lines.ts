import { maxDumpLineBytes } from './dump-line.ts'

/** What `DumpLines` finds. The bytes are valid until it is fed again. */
export type DumpLinePiece =
  /** A line, without its line feed. */
  | { readonly kind: 'line'; readonly bytes: Buffer }
  /** A part of a line that is longer than any line may be; `ends` with its last part. Line feeds are left out. */
  | { readonly kind: 'excess'; readonly bytes: Buffer; readonly ends: boolean }

/**
 * Cuts a stream of bytes into lines, wherever its chunks begin and end. A line which lies in one chunk is not copied;
 * one that has grown beyond the limit goes through in parts, so that no more than the limit is ever held.
 */
export class DumpLines {
  readonly #maxBytes: number
  /** The beginning of a line whose end has not come. */
  #parts: Buffer[] = []
  #heldBytes = 0
  #isExcess = false

  constructor(maxBytes = maxDumpLineBytes) {
    this.#maxBytes = maxBytes
  }

  /** All lines that end in the chunk. */
  *push(chunk: Buffer): Generator<DumpLinePiece, void> {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(lineFeed, start)
      if (end < 0) break
      yield* this.#ended(chunk.subarray(start, end))
      start = end + 1
    }
    if (start === chunk.length) return
    const rest = chunk.subarray(start)
    if (this.#isExcess) yield { kind: 'excess', bytes: rest, ends: false }
    else if (this.#heldBytes + rest.length > this.#maxBytes) {
      this.#isExcess = true
      yield { kind: 'excess', bytes: this.#taken(rest), ends: false }
    } else {
      this.#parts.push(rest)
      this.#heldBytes += rest.length
    }
  }

  /** The last line, when no line feed ends it. */
  *end(): Generator<DumpLinePiece, void> {
    if (this.#isExcess || this.#heldBytes > 0) yield* this.#ended(Buffer.alloc(0))
  }

  *#ended(last: Buffer): Generator<DumpLinePiece, void> {
    const isExcess = this.#isExcess || this.#heldBytes + last.length > this.#maxBytes
    this.#isExcess = false
    const bytes = this.#taken(last)
    yield isExcess ? { kind: 'excess', bytes, ends: true } : { kind: 'line', bytes }
  }

  #taken(last: Buffer): Buffer {
    if (this.#parts.length === 0) return last
    this.#parts.push(last)
    const whole = Buffer.concat(this.#parts)
    this.#parts = []
    this.#heldBytes = 0
    return whole
  }
}

const lineFeed = 0x0a

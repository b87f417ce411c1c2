/**
 * Where messages may end in one chunk: at the earliest LF or NUL. Each of the two is searched for only once it has been
 * passed, so that a chunk without NUL is looked through for it once and not once a line.
 */
export class Terminators {
  readonly #bytes: Buffer
  #lf = -1
  #nul = -1

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The position of the next one at `from` or behind; -1 when there is none. `from` never goes back. */
  next(from: number): number {
    if (this.#lf < from) this.#lf = this.#find(lineFeed, from)
    if (this.#nul < from) this.#nul = this.#find(0, from)
    const next = this.#lf < this.#nul ? this.#lf : this.#nul
    return next === nowhere ? -1 : next
  }

  #find(byte: number, from: number): number {
    const at = this.#bytes.indexOf(byte, from)
    return at < 0 ? nowhere : at
  }
}

/** Whether a byte at the start of a frame is what is left of the terminator before it, and is skipped. */
export function isFrameGap(byte: number | undefined): boolean {
  return byte === lineFeed || byte === 0 || byte === carriageReturn
}

/** Where the line ends before whose terminator `end` is: the CR that belongs to an LF is none of it. */
export function endOfLine(bytes: Uint8Array, start: number, end: number, terminator: number | undefined): number {
  return terminator === lineFeed && end > start && bytes[end - 1] === carriageReturn ? end - 1 : end
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
/** Larger than any position, and a small integer to the engine. */
const nowhere = 0x3fffffff

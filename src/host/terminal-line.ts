import type { Writable } from 'node:stream'

/** A stream which may be a terminal. */
export type TerminalStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

const clearLine = '\r\u001b[K'

/**
 * Stderr with one line at its end which says how far the work is, and which every message is written above. Where
 * stderr is no terminal there is no such line and messages go out as they are.
 */
export class TerminalLine {
  readonly #stream: TerminalStream
  #shown = ''

  constructor(stream: TerminalStream) {
    this.#stream = stream
  }

  /** Whether anybody sees what `show` shows. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true
  }

  get writable(): boolean {
    return this.#stream.writable
  }

  get writableLength(): number {
    return this.#stream.writableLength
  }

  /** Writes whole lines, above the shown one. */
  write(lines: string): boolean {
    if (this.#shown === '') return this.#stream.write(lines)
    return this.#stream.write(`${clearLine}${lines}${this.#shown}`)
  }

  /** Replaces the shown line; what is wider than the terminal is cut. An empty text takes it away. */
  show(text: string): void {
    if (!this.isTerminal) return
    // A line as wide as the terminal would wrap, and a terminal which is not read must not fill the memory.
    const line = text.replaceAll(/\p{C}/gu, ' ').slice(0, Math.max(0, (this.#stream.columns ?? 80) - 1))
    if (line === this.#shown || this.#stream.writableLength > 0) return
    this.#stream.write(`${clearLine}${line}`)
    this.#shown = line
  }

  clear(): void {
    if (this.#shown === '') return
    this.#stream.write(clearLine)
    this.#shown = ''
  }
}

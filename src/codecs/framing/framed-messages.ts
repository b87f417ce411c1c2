import { Messages } from '../../core/messages.ts'

/** What comes out of one read, piece of memory by piece of memory: the chunk, and what began before it. */
export class FramedMessages {
  readonly #pieces: Messages[] = []
  #last: Messages | undefined
  #count = 0

  get pieces(): readonly Messages[] {
    return this.#pieces
  }

  get count(): number {
    return this.#count
  }

  /** The message between these places. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#count += 1
    if (this.#last?.bytes !== bytes) {
      this.#last = new Messages(bytes)
      this.#pieces.push(this.#last)
    }
    this.#last.add(start, end)
  }
}

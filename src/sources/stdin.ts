import type { Readable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import { Chunks } from './chunks.ts'
import type { TextInput } from './text-input.ts'

export interface StdinInputOptions {
  readonly stdin: Readable
  readonly clock: Clock
  /** Aborts when the program shall stop. */
  readonly signal: AbortSignal
}

/** A pipe's capacity, as far as an ordinary user may have it. */
const maxRestBytes = 1024 * 1024
const quietMs = 100

/**
 * Stdin until its end. A program that is told to stop still reads what the pipe holds: whoever wrote it believes that
 * it has arrived. That is over when nothing comes for 100 ms, or after a megabyte, which is all that a pipe can hold;
 * what there is then, as behind that of a file, is left.
 */
export class StdinInput implements TextInput {
  readonly #options: StdinInputOptions
  readonly #closed = new AbortController()
  #isCut = false

  constructor(options: StdinInputOptions) {
    this.#options = options
  }

  async *read(): AsyncIterable<Uint8Array> {
    const { stdin, signal } = this.#options
    const chunks = new Chunks(stdin)
    const stop = AbortSignal.any([signal, this.#closed.signal])
    for (let chunk = await chunks.next(stop); chunk !== undefined; chunk = await chunks.next(stop)) yield chunk
    if (!signal.aborted) return
    for (let restBytes = maxRestBytes; restBytes > 0; ) {
      const chunk = await this.#nextSoon(chunks)
      if (chunk === undefined) return
      restBytes -= chunk.length
      yield chunk
    }
    this.#isCut = (await this.#nextSoon(chunks)) !== undefined
  }

  exitCode(): Promise<number> {
    return Promise.resolve(0)
  }

  isCut(): boolean {
    return this.#isCut
  }

  close(): void {
    this.#closed.abort()
  }

  async #nextSoon(chunks: Chunks): Promise<Uint8Array | undefined> {
    const quiet = new AbortController()
    const arrived = new AbortController()
    void this.#options.clock.sleep(quietMs, arrived.signal).then(() => {
      quiet.abort()
    })
    const chunk = await chunks.next(AbortSignal.any([quiet.signal, this.#closed.signal]))
    arrived.abort()
    return chunk
  }
}

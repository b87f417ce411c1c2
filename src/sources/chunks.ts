import type { Readable } from 'node:stream'
import { errorText, KinloaderError } from '../core/errors.ts'

/** The chunks of a stream one by one, with a wait that can be given up without breaking the stream. */
export class Chunks {
  readonly #stream: Readable
  #wake: () => void = () => {}
  #failure: Error | undefined
  #isOver = false

  constructor(stream: Readable) {
    this.#stream = stream
    const over = (): void => {
      this.#isOver = true
      this.#wake()
    }
    stream.on('readable', () => {
      this.#wake()
    })
    stream.on('end', over)
    stream.on('close', over)
    stream.on('error', (error) => {
      this.#failure = error
      over()
    })
  }

  /** Undefined at the end, and when the signal aborts. Throws `INPUT_FAILED`. */
  async next(signal: AbortSignal): Promise<Uint8Array | undefined> {
    for (;;) {
      if (signal.aborted) return undefined
      const chunk = this.#stream.read() as Uint8Array | null
      if (chunk !== null) return chunk
      if (this.#failure !== undefined) throw inputFailed(this.#failure)
      if (this.#isOver) return undefined
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#wake = wake
        signal.addEventListener('abort', wake)
      })
    }
  }
}

function inputFailed(cause: Error): KinloaderError {
  return new KinloaderError('INPUT_FAILED', `Failed to copy log data: ${errorText(cause)}.`, { cause })
}

import type { Writable } from 'node:stream'
import { errorCode } from '../../core/errors.ts'
import { Deferred } from '../deferred.ts'
import { unwritable } from './errors.ts'
import type { Outlet } from './outlet.ts'

/**
 * A pipe or a terminal. Written is what the kernel has taken: whether anybody reads it is not told. A reader which has
 * gone away makes it reject with `EPIPE` as the code.
 */
export class StreamOutlet implements Outlet {
  readonly name: string
  readonly #stream: Writable
  #broken: Error | undefined
  #writing: Deferred | undefined

  constructor(stream: Writable, name: string) {
    this.name = name
    this.#stream = stream
    // Both stay for good: a pipe which breaks late must not end the process by an unhandled event.
    stream.on('error', (error) => {
      this.#break(error)
    })
    stream.on('close', () => {
      this.#break(Object.assign(new Error('it is closed'), { code: 'EPIPE' }))
    })
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    const writing = new Deferred()
    this.#writing = writing
    this.#stream.write(bytes, (error) => {
      if (error) this.#break(error)
      else writing.resolve()
    })
    await writing.promise
  }

  async sync(): Promise<void> {}

  /** Whose the stream is, closes it. */
  async close(): Promise<void> {}

  #break(error: Error): void {
    this.#broken ??= errorCode(error) === 'EPIPE' ? error : unwritable(this.name, error)
    this.#writing?.reject(this.#broken)
  }
}

import { Writable } from 'node:stream'

/**
 * A pipe with a kernel of our own: it takes `capacity` bytes, and more only as they are read. A chunk's callback comes
 * when all of it was taken, as with a real pipe.
 */
export class FakePipe extends Writable {
  readonly #capacity: number
  readonly #taken: Buffer[] = []
  #inPipe = 0
  #reading = true
  #pending: { rest: Buffer; done: (error?: Error | null) => void } | undefined
  /** The most the stream has ever kept in its own buffer. */
  maxWritableLength = 0

  constructor(capacity = 65_536) {
    super({ decodeStrings: false })
    this.#capacity = capacity
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.maxWritableLength = Math.max(this.maxWritableLength, this.writableLength)
    this.#pending = { rest: chunk, done }
    this.#move()
  }

  /** The reader stops. */
  block(): void {
    this.#reading = false
  }

  unblock(): void {
    this.#reading = true
    this.#move()
  }

  /** The reader goes away: what is being written fails as the kernel would say it. */
  breakPipe(): void {
    const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    const pending = this.#pending
    this.#pending = undefined
    if (pending === undefined) this.destroy(error)
    else pending.done(error)
  }

  /** Everything the pipe has taken so far, read or not. */
  text(): string {
    return Buffer.concat(this.#taken).toString()
  }

  #move(): void {
    if (this.#reading) this.#inPipe = 0
    const pending = this.#pending
    if (pending === undefined) return
    const room = this.#reading ? pending.rest.length : this.#capacity - this.#inPipe
    const taken = pending.rest.subarray(0, room)
    // A kernel copies: the writer may use its buffer again.
    this.#taken.push(Buffer.from(taken))
    if (!this.#reading) this.#inPipe += taken.length
    pending.rest = pending.rest.subarray(taken.length)
    if (pending.rest.length > 0) return
    this.#pending = undefined
    pending.done()
  }
}

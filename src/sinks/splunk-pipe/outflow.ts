import type { Writable } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import type { Counters } from '../../core/metrics.ts'

/**
 * Bytes on their way into a writable, one chunk at a time: the buffer inside the stream never grows, and the callback
 * of a chunk tells that the kernel has taken it. Positions count the bytes since the start.
 */
export interface OutflowOptions {
  readonly output: Writable
  readonly clock: Clock
  /** Gets `bytes` accepted and `blocked_seconds`. */
  readonly counters: Counters
  /** The kernel has everything before this position; room in the queue may have come. */
  readonly onAccepted: (position: number) => void
  /** Called once; nothing is accepted any more. */
  readonly onFailure: (reason: unknown) => void
}

/** A larger chunk does not make a write cheaper, a smaller one wakes us more often than splunkd reads. */
const chunkBytes = 64 * 1024

/** A chunk that takes longer is worth telling: splunkd is not reading. */
const blockedMs = 100

export class Outflow {
  readonly #output: Writable
  readonly #clock: Clock
  readonly #counters: Counters
  readonly #onAccepted: (position: number) => void
  readonly #onFailure: (reason: unknown) => void
  #queue: Uint8Array[] = []
  #pushed = 0
  #accepted = 0
  #busySince: number | undefined
  #failed = false

  constructor(options: OutflowOptions) {
    this.#output = options.output
    this.#clock = options.clock
    this.#counters = options.counters
    this.#onAccepted = options.onAccepted
    this.#onFailure = options.onFailure
    // Both stay for good: a pipe that breaks late must not end the process by an unhandled event.
    this.#output.on('error', (error) => {
      this.#fail(error)
    })
    this.#output.on('close', () => {
      this.#fail(new Error('the pipe is closed'))
    })
  }

  /** The position behind everything pushed so far. */
  get position(): number {
    return this.#pushed
  }

  /** Bytes which the kernel does not have yet. */
  get pendingBytes(): number {
    return this.#pushed - this.#accepted
  }

  /** For how long the output has been busy with one chunk; 0 when there is nothing to do. */
  get busyMs(): number {
    return this.#busySince === undefined ? 0 : this.#clock.monotonic() - this.#busySince
  }

  push(bytes: Uint8Array): void {
    this.#queue.push(bytes)
    this.#pushed += bytes.length
    this.#pump()
  }

  #pump(): void {
    const chunk = this.#busySince === undefined && !this.#failed ? this.#nextChunk() : undefined
    if (chunk === undefined) return
    this.#busySince = this.#clock.monotonic()
    this.#output.write(chunk, (error) => {
      if (error) this.#fail(error)
      else if (!this.#failed) this.#acceptedChunk(chunk.length)
    })
  }

  /** Small pieces leave together: a system call costs more than copying them. */
  #nextChunk(): Uint8Array | undefined {
    let count = 0
    let bytes = 0
    for (const piece of this.#queue) {
      if (count > 0 && bytes + piece.length > chunkBytes) break
      bytes += piece.length
      count++
    }
    const pieces = this.#queue.splice(0, count)
    return pieces.length > 1 ? Buffer.concat(pieces, bytes) : pieces[0]
  }

  #acceptedChunk(bytes: number): void {
    const tookMs = this.busyMs
    this.#busySince = undefined
    this.#accepted += bytes
    this.#counters.add('bytes', bytes)
    if (tookMs >= blockedMs) this.#counters.add('blocked_seconds', tookMs / 1000)
    this.#pump()
    this.#onAccepted(this.#accepted)
  }

  #fail(reason: unknown): void {
    if (this.#failed) return
    this.#failed = true
    this.#busySince = undefined
    this.#queue = []
    this.#onFailure(reason)
  }
}

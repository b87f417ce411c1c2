import type { MessageBlock } from '../../core/message-block.ts'
import type { Delivery } from '../../core/source.ts'

/** Somebody with bytes to hand over. */
export interface Waiter {
  /** What taking now would hold at most; 0 for what has its own bound. */
  readonly upcomingBytes: number
  /** One turn's work: a bounded number of bytes. Undefined when they complete no message. */
  take(): Delivery<MessageBlock> | undefined
}

/**
 * Whose turn it is, first come, first served, and how many bytes are on their way to the sink. A connection whose bytes
 * do not fit any more is not read, so that its sender's window closes; nobody behind it overtakes. Waiters with their
 * own bound do, every other time: datagrams cannot wait.
 */
export class Turns {
  readonly #maxBytes: number
  readonly #line: Waiter[] = []
  readonly #ownBound: Waiter[] = []
  #bytes = 0
  #deliveries = 0
  #taken = 0
  /** Whose turn the last was. */
  #wasOwnBound = false
  #ended = false
  #wake: () => void = () => {}
  #quiet: () => void = () => {}

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Taken and not released. */
  get bytes(): number {
    return this.#bytes
  }

  /** Turns since the start. */
  get taken(): number {
    return this.#taken
  }

  /** Nobody waits and everything taken is released. */
  get isQuiet(): boolean {
    return this.#deliveries === 0 && this.#line.length === 0 && this.#ownBound.length === 0
  }

  /** To be asked once a turn. */
  ask(waiter: Waiter): void {
    if (waiter.upcomingBytes === 0) this.#ownBound.push(waiter)
    else this.#line.push(waiter)
    this.#wake()
  }

  hold(bytes: number): void {
    this.#bytes += bytes
    this.#deliveries += 1
  }

  free(bytes: number): void {
    this.#bytes -= bytes
    this.#deliveries -= 1
    this.#wake()
    this.#changed()
  }

  /** `next` gives no more. */
  end(): void {
    this.#ended = true
    this.#wake()
  }

  /** The next delivery; undefined after the end. */
  async next(): Promise<Delivery<MessageBlock> | undefined> {
    while (!this.#ended) {
      const waiter = this.#choose()
      if (waiter === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      this.#taken += 1
      const delivery = waiter.take()
      if (delivery !== undefined) return delivery
      this.#changed()
    }
    return undefined
  }

  /** Resolves when all is quiet, now or later. For one caller. */
  untilQuiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#quiet = resolve
      this.#changed()
    })
  }

  #changed(): void {
    if (this.isQuiet) this.#quiet()
  }

  /** Datagrams first, but not twice: if more come than the sink takes, there would never be anybody else. */
  #choose(): Waiter | undefined {
    const inLine = this.#wasOwnBound ? this.#firstInLine() : undefined
    const ownBound = inLine === undefined ? this.#ownBound.shift() : undefined
    this.#wasOwnBound = ownBound !== undefined
    return ownBound ?? inLine ?? this.#firstInLine()
  }

  #firstInLine(): Waiter | undefined {
    const [first] = this.#line
    if (first === undefined) return undefined
    if (this.#bytes > 0 && this.#bytes + first.upcomingBytes > this.#maxBytes) return undefined
    return this.#line.shift()
  }
}

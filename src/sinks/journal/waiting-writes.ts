import { journalBlockBytes } from '../../codecs/journal-block.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { MessageBlock } from '../../core/message-block.ts'
import type { Receipt } from '../../core/sink.ts'
import { frameHeadBytes, maxPayloadBytes } from '../spooling/frames.ts'

/** A write which is not in the file yet. */
export interface WaitingWrite {
  readonly blocks: readonly MessageBlock[]
  readonly signal: AbortSignal
  /** Of its frames. */
  readonly bytes: number
  /** Of its messages. */
  readonly messageBytes: number
  /** The counter of its first message; given once, so that a write which is tried again keeps its names. */
  firstNumber: number | undefined
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (reason: Error) => void
}

/**
 * The writes which wait, first come, first served. As many wait as callers do, and their messages are theirs, so the
 * callers are the bound.
 */
export class WaitingWrites {
  readonly #writes: WaitingWrite[] = []
  /** So many from the front are being written: what becomes of them is not known. */
  #inFlight = 0
  /** Signals which are listened to: one listener a signal, for there may be 100,000 writes a second. */
  readonly #signals = new WeakSet<AbortSignal>()
  readonly #onAborted: () => void

  /** `onAborted`: called after a signal of a write has aborted. */
  constructor(onAborted: () => void) {
    this.#onAborted = onAborted
  }

  get isEmpty(): boolean {
    return this.#writes.length === 0
  }

  add(blocks: readonly MessageBlock[], signal: AbortSignal): Promise<Receipt> {
    const size = sizeOf(blocks)
    if (!this.#signals.has(signal)) {
      this.#signals.add(signal)
      signal.addEventListener('abort', this.#onAborted, { once: true })
    }
    return new Promise((resolve, reject) => {
      this.#writes.push({ blocks, signal, ...size, firstNumber: undefined, resolve, reject })
    })
  }

  /** The first ones, at least one, and as many as have no more than `maxBytes`; they are being written until `end`. */
  begin(maxBytes: number): readonly WaitingWrite[] {
    let bytes = 0
    let count = 0
    for (const write of this.#writes) {
      bytes += write.bytes
      if (count > 0 && bytes > maxBytes) break
      count += 1
    }
    this.#inFlight = count
    return this.#writes.slice(0, count)
  }

  /** They are in the file, or are to be tried again: then those which were aborted meanwhile go. */
  end(receipt: Receipt | undefined): void {
    const count = this.#inFlight
    this.#inFlight = 0
    if (receipt === undefined) return
    for (const write of this.#writes.splice(0, count)) write.resolve(receipt)
  }

  /** Refuses the first one which was aborted and all behind it; those being written wait for what becomes of them. */
  refuseAborted(reason: Error): void {
    const first = this.#writes.findIndex(({ signal }) => signal.aborted)
    if (first >= 0) this.#refuseFrom(Math.max(first, this.#inFlight), reason)
  }

  refuseAll(reason: Error): void {
    this.#refuseFrom(this.#inFlight, reason)
  }

  #refuseFrom(first: number, reason: Error): void {
    for (const write of this.#writes.splice(first)) write.reject(reason)
  }
}

function sizeOf(blocks: readonly MessageBlock[]): { bytes: number; messageBytes: number } {
  let bytes = 0
  let messages = 0
  for (const block of blocks) {
    const payload = journalBlockBytes(block)
    if (payload > maxPayloadBytes || block.address.length > 255 || block.messages.count === 0) {
      throw new KinloaderError(
        'SPOOL_TOO_LARGE',
        `The journal takes blocks of 1 byte to ${maxPayloadBytes}; this one has ${payload}.`,
      )
    }
    bytes += frameHeadBytes + payload
    messages += block.messages.byteLength
  }
  return { bytes, messageBytes: messages }
}

import { Backoff, type Random } from '../../core/backoff.ts'
import { encodedBytes } from './encoded-size.ts'
import type { WaitingRecord } from './record-store.ts'

/**
 * Records which were refused while others of their request were not: each batch of them rests, longer for those which
 * were refused before, and nobody else waits for them. Their names only, their bytes are read again.
 */
export class RestingRecords {
  readonly #random: Random | undefined
  /** Of those refused and not delivered since. */
  readonly #backoffs = new Map<string, Backoff>()
  #batches: { readonly records: readonly WaitingRecord[]; readonly untilMs: number }[] = []
  #size = 0
  #encodedBytes = 0

  constructor(random?: Random) {
    this.#random = random
  }

  /** Those which rest now. */
  get size(): number {
    return this.#size
  }

  /** What those take in requests. */
  get encodedBytes(): number {
    return this.#encodedBytes
  }

  /** When the next may be tried again, monotonic milliseconds; Infinity when none rests. */
  get nextMs(): number {
    return this.#batches.reduce((next, { untilMs }) => Math.min(next, untilMs), Infinity)
  }

  add(records: readonly WaitingRecord[], nowMs: number): void {
    if (records.length === 0) return
    const restMs = Math.max(...records.map(({ name }) => this.#backoffOf(name).next()))
    this.#batches.push({ records, untilMs: nowMs + restMs })
    this.#size += records.length
    for (const { bytes } of records) this.#encodedBytes += encodedBytes(bytes)
  }

  /** Those whose rest is over; they rest no more. */
  takeRested(nowMs: number): readonly WaitingRecord[] {
    if (this.nextMs > nowMs) return []
    const rested = this.#batches.filter(({ untilMs }) => untilMs <= nowMs).flatMap(({ records }) => records)
    this.#batches = this.#batches.filter(({ untilMs }) => untilMs > nowMs)
    this.#size -= rested.length
    for (const { bytes } of rested) this.#encodedBytes -= encodedBytes(bytes)
    return rested
  }

  /** It is delivered, or out of the way. */
  forget({ name }: WaitingRecord): void {
    this.#backoffs.delete(name)
  }

  #backoffOf(name: string): Backoff {
    const known = this.#backoffs.get(name)
    if (known !== undefined) return known
    const random = this.#random
    const backoff = new Backoff({ baseMs: 500, maxMs: 30_000, ...(random !== undefined && { random }) })
    this.#backoffs.set(name, backoff)
    return backoff
  }
}

import type { Clock } from '../../core/clock.ts'
import { payloadUnitBytes, type PutLimits } from './limits.ts'

/**
 * How large records are aimed at.
 *
 * A record is charged for in units of 25 KiB, so at low rate one unit is best: nothing is saved by more, and nothing
 * waits. A shard takes 1,000 records a second: near that, and when it refuses records, fewer and larger ones get
 * through where many small ones do not.
 */
export class RecordTarget {
  readonly #clock: Clock
  readonly #limits: PutLimits
  readonly #shards: () => number
  readonly #leastBytes: number
  readonly #mostBytes: number
  #bytes: number
  #sinceMs: number
  #records = 0
  #throttled = 0

  constructor(options: { readonly clock: Clock; readonly limits: PutLimits; readonly shards: () => number }) {
    this.#clock = options.clock
    this.#limits = options.limits
    this.#shards = options.shards
    // A little less, because sizes are foreseen and not known: one byte more would be a second unit.
    this.#leastBytes = payloadUnitBytes * 0.92
    this.#mostBytes = options.limits.maxRecordBytes * 0.8
    this.#bytes = this.#leastBytes
    this.#sinceMs = options.clock.monotonic()
  }

  /** Of data and key. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many times longer than usual events are collected: with many sources, only waiting makes records larger. */
  get patience(): number {
    return Math.min(4, this.#bytes / this.#leastBytes)
  }

  /** What became of a request's records. */
  observe({ records, throttled }: { readonly records: number; readonly throttled: number }): void {
    this.#records += records + throttled
    this.#throttled += throttled
    const elapsedMs = this.#clock.monotonic() - this.#sinceMs
    if (elapsedMs < 1000) return
    const load = (this.#records * 1000) / elapsedMs / (this.#limits.shardRecordsPerSecond * this.#shards())
    if (load > 0.6 || this.#throttled > 0) this.#bytes = Math.min(this.#mostBytes, this.#bytes * 2)
    else if (load < 0.3) this.#bytes = Math.max(this.#leastBytes, this.#bytes / 2)
    this.#records = 0
    this.#throttled = 0
    this.#sinceMs = this.#clock.monotonic()
  }
}

import type { Clock } from '../../core/clock.ts'
import type { ShardPosition } from './position.ts'

/** Records between these wall times may have expired unread. */
export interface Gap {
  /** Undefined when it is not known how far the shard was read. */
  readonly fromMs: number | undefined
  readonly toMs: number
}

/**
 * How far behind the tip a shard is, and until when nothing of it is missing: what lag and gaps are told from.
 *
 * Lag is Kinesis's own word of the last answer plus what has passed since, so that it keeps growing while nobody asks.
 */
export class Freshness {
  readonly #clock: Clock
  #behindMs: number | undefined
  #answeredAtMs: number
  /** Wall time until which nothing of this shard is missing. */
  #completeUntilMs: number | undefined
  /** The loss at hand was told already. */
  #gapTold = false

  constructor(clock: Clock, from: ShardPosition) {
    this.#clock = clock
    this.#answeredAtMs = clock.monotonic()
    if (from.kind === 'after') this.#completeUntilMs = from.arrivedMs
  }

  /** Undefined before the first answer. */
  get lagMs(): number | undefined {
    return this.#behindMs === undefined ? undefined : this.#behindMs + this.#clock.monotonic() - this.#answeredAtMs
  }

  /** Moment of the monotonic clock up to which the last answer went; undefined before the first. */
  get completeAtMs(): number | undefined {
    return this.#behindMs === undefined ? undefined : this.#answeredAtMs - this.#behindMs
  }

  answered(behindMs: number, lastArrivedMs: number | undefined): void {
    this.#behindMs = behindMs
    this.#answeredAtMs = this.#clock.monotonic()
    this.#completeUntilMs = behindMs === 0 ? this.#clock.now() : (lastArrivedMs ?? this.#completeUntilMs)
    this.#gapTold = false
  }

  /** The gap when the shard was last complete before the retention; told once until the next answer. */
  expired(retentionMs: number): Gap | undefined {
    const keptFromMs = this.#clock.now() - retentionMs
    if (this.#completeUntilMs === undefined || this.#completeUntilMs >= keptFromMs) return undefined
    return this.lost(retentionMs)
  }

  /** The same when the service says that the position is gone, whatever our own times say. */
  lost(retentionMs: number): Gap | undefined {
    if (this.#gapTold) return undefined
    this.#gapTold = true
    return { fromMs: this.#completeUntilMs, toMs: this.#clock.now() - retentionMs }
  }
}

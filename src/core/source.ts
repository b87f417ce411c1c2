/**
 * A part of a lane, in order, on its way downstream.
 *
 * The consumer calls `release` once when everything in it was accepted downstream, and `ack` once when
 * everything in it is safe there. Either may never come: what was not acked is read again after a restart.
 */
export interface Delivery<T> {
  /** Order holds within a lane (a shard, a log stream, a connection), not between lanes. */
  readonly lane: string
  /** May be empty: a shard's end, a continuation. An empty delivery is released and acked like any other. */
  readonly items: readonly T[]
  /** What the memory budget holds for it until `release`. */
  readonly bytes: number
  /** Accepted downstream, in order: its memory is free, children of the lane may be read. */
  readonly release: () => void
  /** Safe downstream. Synchronous, never throws, keeps no items alive; may come in any order across deliveries. */
  readonly ack: () => void
}

/** Where events come from. */
export interface Source<T> {
  readonly name: string
  /**
   * Called once. Ends within 1 s of the abort and waits for no ack. Throws only what stops all lanes for good
   * (a `KinloaderError` which is not `retryable`); one failing lane is the source's own business.
   */
  read(signal: AbortSignal): AsyncIterable<Delivery<T>>
  /** Called after the last ack: saves what is acked. What is not saved by the deadline will be read again. */
  close(deadline: AbortSignal): Promise<void>
  /** State, position, lag and counters of each lane, for logs and metrics. Cheap, callable at any time. */
  status(): readonly LaneStatus[]
}

/** How one lane is doing. */
export interface LaneStatus {
  readonly lane: string
  /** A few words for people: `reading`, `waiting for parent shardId-…`, `throttled`, `held back by Splunk`, `closed`. */
  readonly state: string
  /** The last position which is safe, as stored, or empty. */
  readonly position: string
  /** How far behind the tip, in milliseconds; undefined when not known yet. */
  readonly lagMs: number | undefined
  /** Monotonic counters since the start, by name. */
  readonly counters: Readonly<Record<string, number>>
}

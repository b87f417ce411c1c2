import { Deferred } from '../deferred.ts'
import type { EventBatch } from './event-batch.ts'

/** A batch until its last event is delivered. */
export interface CollectedBatch {
  readonly id: string
  /** Undefined while it is on disk only. */
  events: EventBatch | undefined
  /** Of its events, also those which are on their way into its file, as far as they are known. */
  bytes: number
  /** How many it has; of one of an earlier process only known once it is read. */
  count: number
  /** Appends to its file which are under way; while there are any it is not complete. */
  writing: number
  /** Resolves when all its events are delivered. */
  readonly delivered: Deferred
}

/** Whether all of it is in its file, and something of it in memory. */
export function isEvictable({ events, writing }: CollectedBatch): boolean {
  return events !== undefined && events.events > 0 && writing === 0
}

/** All batches which are not delivered, whether they are complete or not, in memory or on disk. */
export class LiveBatches {
  readonly #batches = new Set<CollectedBatch>()
  #settled: Promise<unknown> = Promise.resolve()

  /** Resolves when all which were begun by now are delivered or given up. */
  get settled(): Promise<unknown> {
    return this.#settled
  }

  /** Without events it is one which lies on disk. */
  begin(id: string, events?: EventBatch): CollectedBatch {
    const batch = { id, events, bytes: 0, count: 0, writing: 0, delivered: new Deferred() }
    this.#batches.add(batch)
    // A chain, so that a flush listens to one promise and not to all batches: there may be thousands of both.
    const before = this.#settled
    const settled = async (): Promise<void> => {
      await before
    }
    this.#settled = batch.delivered.promise.then(settled, settled)
    return batch
  }

  has(batch: CollectedBatch): boolean {
    return this.#batches.has(batch)
  }

  delivered(batch: CollectedBatch): void {
    this.#batches.delete(batch)
    batch.delivered.resolve()
  }

  givenUp(batch: CollectedBatch, reason: Error): void {
    this.#batches.delete(batch)
    batch.delivered.reject(reason)
  }

  allGivenUp(reason: Error): void {
    for (const batch of this.#batches) this.givenUp(batch, reason)
  }
}

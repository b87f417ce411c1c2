import { Counters } from '../../core/metrics.ts'

/** How a sender is doing: counts since its start, but for what is `pending`. */
export interface SenderStatistics {
  /** Events taken. */
  readonly entries: number
  /** Requests made with records. */
  readonly flushes: number
  /** How often a batch was due while earlier ones filled the queue. */
  readonly flushFull: number
  readonly recordsDelivered: number
  readonly eventsDelivered: number
  /** Data and partition keys of the records delivered, as they count at Kinesis. */
  readonly bytesDelivered: number
  /** PUT payload units of 25 KiB, what a provisioned stream is charged for. */
  readonly payloadUnits: number
  /** Records refused because their shard was over its limit; each was put again. */
  readonly throughputExceeded: number
  /** Records refused for another reason; each was put again. */
  readonly otherPutErrors: number
  /** Whole requests which failed. */
  readonly hardErrors: number
  /** Events not taken: the queue was full, or one was too large. */
  readonly droppedWrites: number
  /** Events taken, which the spool did not give back: its disk was damaged, or somebody removed files. */
  readonly eventsLost: number
  readonly pendingEvents: number
  readonly pendingBytes: number
  /** Of the last 60 requests, in milliseconds; 0 before the first. */
  readonly putTimeMinMs: number
  readonly putTimeMaxMs: number
  readonly putTimeAvgMs: number
}

export type SenderCounter = Exclude<
  keyof SenderStatistics,
  'pendingEvents' | 'pendingBytes' | 'putTimeMinMs' | 'putTimeMaxMs' | 'putTimeAvgMs'
>

const keptTimes = 60

/** Counts for `SenderStatistics`. */
export class PutStatistics {
  readonly #counters = new Counters()
  readonly #times: number[] = []
  #requests = 0

  add(name: SenderCounter, amount = 1): void {
    this.#counters.add(name, amount)
  }

  count(name: SenderCounter): number {
    return this.#counters.get(name)
  }

  took(durationMs: number): void {
    this.#times[this.#requests % keptTimes] = durationMs
    this.#requests += 1
  }

  snapshot(pending: { readonly events: number; readonly bytes: number }): SenderStatistics {
    const count = (name: SenderCounter): number => this.count(name)
    const times = this.#times
    return {
      entries: count('entries'),
      flushes: count('flushes'),
      flushFull: count('flushFull'),
      recordsDelivered: count('recordsDelivered'),
      eventsDelivered: count('eventsDelivered'),
      bytesDelivered: count('bytesDelivered'),
      payloadUnits: count('payloadUnits'),
      throughputExceeded: count('throughputExceeded'),
      otherPutErrors: count('otherPutErrors'),
      hardErrors: count('hardErrors'),
      droppedWrites: count('droppedWrites'),
      eventsLost: count('eventsLost'),
      pendingEvents: pending.events,
      pendingBytes: pending.bytes,
      putTimeMinMs: times.length === 0 ? 0 : Math.min(...times),
      putTimeMaxMs: times.length === 0 ? 0 : Math.max(...times),
      putTimeAvgMs: times.length === 0 ? 0 : times.reduce((sum, time) => sum + time, 0) / times.length,
    }
  }
}

import { isAborted } from '../../core/aborting.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { KinesisSender } from './sender.ts'

/** A line of statistics every so often. The names are those of the senders before, but for a spelling. */
export class MonitorLog {
  readonly #stop = new AbortController()

  constructor(sender: KinesisSender, clock: Clock, logger: Logger, intervalMs: number) {
    if (intervalMs > 0) void this.#run(sender, clock, logger, intervalMs)
  }

  stop(): void {
    this.#stop.abort()
  }

  async #run(sender: KinesisSender, clock: Clock, logger: Logger, intervalMs: number): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      await clock.sleep(intervalMs, signal)
      if (isAborted(signal)) return
      const now = sender.statistics()
      logger.info('sender', {
        dropped_writes: now.droppedWrites,
        lost_events: now.eventsLost,
        entry_count: now.entries,
        flush_count: now.flushes,
        flush_full: now.flushFull,
        hard_errors: now.hardErrors,
        other_put_errors: now.otherPutErrors,
        thruput_exceeded_errors: now.throughputExceeded,
        put_time_min: Math.round(now.putTimeMinMs),
        put_time_max: Math.round(now.putTimeMaxMs),
        put_time_avg: Number(now.putTimeAvgMs.toFixed(1)),
        pending_events: now.pendingEvents,
        records: now.recordsDelivered,
        bytes: now.bytesDelivered,
      })
    }
  }
}

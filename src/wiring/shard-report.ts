import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { LaneStatus } from '../core/source.ts'
import type { RecordEvents } from './record-events.ts'

export interface ShardReportOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly intervalMs: number
  readonly stream: string
  readonly status: () => readonly LaneStatus[]
  readonly events: RecordEvents
  /** Further figures of the whole input, for its own line. */
  readonly totals: () => Readonly<Record<string, number | undefined>>
}

/** Says every interval how each shard is doing, one line a shard, and one for the whole. Until the signal aborts. */
export async function reportShards(options: ShardReportOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger, intervalMs, stream, status, events, totals } = options
  const toldClosed = new Set<string>()
  for (;;) {
    await clock.sleep(intervalMs, signal)
    if (signal.aborted) return
    const lanes = status()
    for (const lane of lanes) {
      // A closed shard has nothing new to say; it stays listed for as long as the stream retains it.
      if (lane.state === 'closed' && toldClosed.has(lane.lane)) continue
      if (lane.state === 'closed') toldClosed.add(lane.lane)
      logger.info('shard', line(stream, lane, events))
    }
    const listed = new Set(lanes.map(({ lane }) => lane))
    events.keep(listed)
    for (const shardId of toldClosed) if (!listed.has(shardId)) toldClosed.delete(shardId)
    logger.info('input', { stream, shards: lanes.length, ...roundedTotals(totals()) })
  }
}

/** Three decimals: the counters of seconds have many more. */
function roundedTotals(totals: Readonly<Record<string, number | undefined>>): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.entries(totals).map(([name, value]) => [
      name,
      value === undefined ? undefined : Math.round(value * 1000) / 1000,
    ]),
  )
}

function line(stream: string, lane: LaneStatus, events: RecordEvents): Record<string, string | number | undefined> {
  const decoded = events.counters(lane.lane)
  const { counters } = lane
  return {
    stream,
    shard: lane.lane,
    state: lane.state,
    position: lane.position === '' ? undefined : lane.position.split(' ')[0],
    lag_ms: lane.lagMs === undefined ? undefined : Math.round(lane.lagMs),
    records: counters['records'] ?? 0,
    bytes: counters['bytes'] ?? 0,
    events: decoded.get('events'),
    replaced_characters: decoded.get('replaced_characters'),
    undecodable_records: decoded.get('undecodable'),
    repeated_records: decoded.get('repeated'),
    throttled: counters['throttled'] ?? 0,
    errors: counters['errors'] ?? 0,
  }
}

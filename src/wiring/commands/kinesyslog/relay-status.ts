import type { Clock } from '../../../core/clock.ts'
import type { Counters } from '../../../core/metrics.ts'
import type { RecordFiles } from '../../../sinks/firehose/record-files.ts'
import type { Uploader } from '../../../sinks/firehose/uploader.ts'
import type { Journal } from '../../../sinks/journal/journal.ts'
import type { SpoolFolder } from '../../../sinks/journal/spool-folder.ts'
import type { SocketSource } from '../../../sources/sockets/source.ts'
import type { GaugeValue, LabelledCounters, MetricsSources, SenderTally } from './metrics.ts'
import type { RecordLine } from './record-line.ts'
import type { RelayState } from './relay-health.ts'

export interface RelayStatusParts {
  readonly source: SocketSource
  readonly journal: Journal
  readonly uploader: Uploader
  readonly records: RecordFiles
  readonly folder: SpoolFolder
  readonly line: RecordLine
  readonly counters: Counters
  readonly clock: Clock
  /** Aborts when it takes no messages any more. */
  readonly stop: AbortSignal
}

/** How a relay is, and its numbers. */
export class RelayStatus implements MetricsSources {
  readonly #parts: RelayStatusParts

  constructor(parts: RelayStatusParts) {
    this.#parts = parts
  }

  state(): RelayState {
    const { source, journal, uploader, line, clock, stop } = this.#parts
    return {
      journal: journal.state(),
      upload: uploader.health(),
      making: line.health(),
      listeners: source.listeners(),
      isServing: !stop.aborted,
      nowMs: clock.now(),
    }
  }

  counters(): readonly LabelledCounters[] {
    const { source, counters } = this.#parts
    return [
      ...source.listeners().map(({ listener: { transport, format }, port, counters: own }) => ({
        labels: { transport, format, port: String(port) },
        counters: own,
      })),
      { labels: {}, counters },
    ]
  }

  senders(): readonly SenderTally[] {
    return this.#parts.source.senders()
  }

  async gauges(): Promise<readonly GaugeValue[]> {
    const { source, journal, uploader, records, folder, line, clock } = this.#parts
    const listeners = source.listeners()
    const { failingSinceMs } = uploader.health()
    const ageSeconds = (sinceMs: number | undefined): number =>
      sinceMs === undefined ? 0 : Math.max(0, (clock.now() - sinceMs) / 1000)
    const drops = await source.kernelDrops()
    return [
      { name: 'listener_count', value: listeners.filter(({ isListening }) => isListening).length },
      { name: 'spool_count', value: records.waiting },
      { name: 'spool_age', labels: { path: folder.path }, value: ageSeconds(records.oldestMs) },
      { name: 'spool_bytes', value: folder.space.usedBytes },
      { name: 'spool_full', value: journal.state() === 'full' ? 1 : 0 },
      { name: 'segments_waiting', value: line.waiting },
      { name: 'upload_failing_seconds', value: ageSeconds(failingSinceMs) },
      { name: 'pending_bytes', value: source.pendingBytes },
      ...listeners
        .filter(({ listener }) => listener.transport !== 'udp')
        .map(({ listener: { transport }, port, openConnections }) => ({
          name: 'connections_open',
          labels: { transport, port: String(port) },
          value: openConnections,
        })),
      ...listeners
        .filter(({ listener: { transport, format } }) => transport === 'udp' && format === 'gelf')
        .map(({ port, pendingSets }) => ({ name: 'gelf_pending', labels: { port: String(port) }, value: pendingSets })),
      ...[...drops].flatMap(([port, value]) =>
        value === undefined ? [] : [{ name: 'kernel_drops', labels: { port: String(port) }, value }],
      ),
    ]
  }
}

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Counters } from '../../../core/metrics.ts'

/** Counters which share their labels. */
export interface LabelledCounters {
  readonly labels: Readonly<Record<string, string>>
  readonly counters: Counters
}

/** A value as it is now. */
export interface GaugeValue {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

/** What one sender has sent to one port. */
export interface SenderTally {
  readonly port: number
  readonly source: string
  readonly messages: number
  readonly bytes: number
}

/** Where the numbers come from; asked at each scrape. */
export interface MetricsSources {
  counters(): readonly LabelledCounters[]
  gauges(): Promise<readonly GaugeValue[]>
  senders(): readonly SenderTally[]
}

/**
 * The relay's metrics in Prometheus's format. The parts count by plain names, `dropped.queue_full`; here that becomes
 * `kinesyslog_dropped_total{reason="queue_full"}`. The names of the original's 2.x are kept, which has no `_total`
 * behind some.
 */
export class RelayMetrics {
  readonly #lasting = new Registry()
  readonly #requests: Counter
  readonly #batchRecords: Histogram
  readonly #batchBytes: Histogram
  readonly #recordBytes: Histogram

  constructor() {
    const registers = [this.#lasting]
    this.#requests = new Counter({
      name: 'kinesyslog_http_requests_total',
      help: 'Requests to this port.',
      labelNames: ['path'],
      registers,
    })
    this.#batchRecords = new Histogram({
      name: 'kinesyslog_batch_records',
      help: 'Records of a call to Firehose.',
      buckets: [1, 3, 10, 30, 100, 300, 500],
      registers,
    })
    const buckets = [1e3, 1e4, 1e5, 3e5, 1e6, 2e6, 4e6]
    this.#batchBytes = new Histogram({
      name: 'kinesyslog_batch_bytes',
      help: 'Bytes of the records of a call to Firehose.',
      buckets,
      registers,
    })
    this.#recordBytes = new Histogram({
      name: 'kinesyslog_record_bytes',
      help: 'Bytes of a Firehose record.',
      buckets,
      registers,
    })
  }

  requested(path: string): void {
    this.#requests.inc({ path })
  }

  called({ records, bytes }: { readonly records: number; readonly bytes: number }): void {
    this.#batchRecords.observe(records)
    this.#batchBytes.observe(bytes)
  }

  made(recordBytes: number): void {
    this.#recordBytes.observe(recordBytes)
  }

  /** With what the sources say now. */
  async text(sources: MetricsSources): Promise<string> {
    const now = new Registry()
    addSenders(sources.senders(), now)
    addCounters(sources.counters(), now)
    const gauges = new Map<string, Gauge>()
    for (const { name, labels = {}, value } of await sources.gauges()) {
      let gauge = gauges.get(name)
      if (gauge === undefined) {
        gauge = new Gauge({
          name: `kinesyslog_${name}`,
          help: helpOf(name),
          labelNames: Object.keys(labels),
          registers: [now],
        })
        gauges.set(name, gauge)
      }
      gauge.set(labels, value)
    }
    return `${await this.#lasting.metrics()}\n${await now.metrics()}`
  }
}

function addSenders(senders: readonly SenderTally[], registry: Registry): void {
  const options = { labelNames: ['port', 'source'], registers: [registry] }
  const messages = new Counter({ name: 'kinesyslog_message_count_total', help: 'Messages accepted.', ...options })
  const bytes = new Counter({
    name: 'kinesyslog_message_bytes_total',
    help: 'Bytes of messages accepted.',
    ...options,
  })
  for (const sender of senders) {
    const labels = { port: String(sender.port), source: sender.source }
    messages.inc(labels, sender.messages)
    bytes.inc(labels, sender.bytes)
  }
}

function addCounters(sets: readonly LabelledCounters[], registry: Registry): void {
  // All samples of a metric must have the same labels.
  const labelsOf = new Map<string, Set<string>>()
  const samples: { readonly metric: string; readonly labels: Record<string, string>; readonly value: number }[] = []
  for (const { labels, counters } of sets) {
    for (const [name, value] of Object.entries(counters.snapshot())) {
      const [family = '', reason] = name.split('.')
      const isOriginal = family === 'batch_record_failed'
      const metric = isOriginal ? `kinesyslog_${family}` : `kinesyslog_${family}_total`
      const all = { ...labels, ...(reason !== undefined && { [isOriginal ? 'error_code' : 'reason']: reason }) }
      const names = labelsOf.get(metric) ?? new Set()
      labelsOf.set(metric, names)
      for (const label of Object.keys(all)) names.add(label)
      samples.push({ metric, labels: all, value })
    }
  }
  const metrics = new Map<string, Counter>()
  for (const { metric, labels, value } of samples) {
    let counter = metrics.get(metric)
    if (counter === undefined) {
      const help = helpOf(metric.replace(/^kinesyslog_/, '').replace(/_total$/, ''))
      counter = new Counter({
        name: metric,
        help,
        labelNames: [...(labelsOf.get(metric) ?? [])],
        registers: [registry],
      })
      metrics.set(metric, counter)
    }
    counter.inc(labels, value)
  }
}

/** A name is a phrase already; README explains each. */
function helpOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`
}

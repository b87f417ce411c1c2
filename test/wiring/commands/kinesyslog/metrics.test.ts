import assert from 'node:assert/strict'
import { Counters } from '../../../../src/core/metrics.ts'
import { type MetricsSources, RelayMetrics } from '../../../../src/wiring/commands/kinesyslog/metrics.ts'

describe('the metrics of kinesyslog', () => {
  it('shows counters by reason and label, gauges, senders and histograms under their names', async () => {
    const tcp = new Counters()
    tcp.add('received', 5)
    tcp.add('dropped.queue_full', 2)
    const upload = new Counters()
    upload.add('batch_record_failed.ServiceUnavailableException', 3)
    const sources: MetricsSources = {
      counters: () => [
        { labels: { transport: 'tcp', port: '514' }, counters: tcp },
        { labels: { transport: 'udp', port: '514' }, counters: new Counters() },
        { labels: {}, counters: upload },
      ],
      gauges: () =>
        Promise.resolve([
          { name: 'spool_count', value: 7 },
          { name: 'connections_open', labels: { port: '514' }, value: 1 },
          { name: 'connections_open', labels: { port: '515' }, value: 2 },
        ]),
      senders: () => [{ port: 514, source: '127.0.0.1', messages: 5, bytes: 50 }],
    }
    const metrics = new RelayMetrics()
    metrics.requested('/metrics')
    metrics.called({ records: 2, bytes: 2000 })
    metrics.made(1500)
    const lines = (await metrics.text(sources)).split('\n')
    for (const line of [
      'kinesyslog_received_total{transport="tcp",port="514"} 5',
      'kinesyslog_dropped_total{transport="tcp",port="514",reason="queue_full"} 2',
      'kinesyslog_batch_record_failed{error_code="ServiceUnavailableException"} 3',
      'kinesyslog_spool_count 7',
      'kinesyslog_connections_open{port="515"} 2',
      'kinesyslog_message_count_total{port="514",source="127.0.0.1"} 5',
      'kinesyslog_message_bytes_total{port="514",source="127.0.0.1"} 50',
      'kinesyslog_http_requests_total{path="/metrics"} 1',
      'kinesyslog_batch_records_sum 2',
      'kinesyslog_batch_bytes_sum 2000',
      'kinesyslog_record_bytes_count 1',
      '# TYPE kinesyslog_dropped_total counter',
    ]) {
      assert.ok(lines.includes(line), `${line}\n${lines.join('\n')}`)
    }
  })

  it('counts from the beginning at each scrape, and not twice', async () => {
    const counters = new Counters()
    counters.add('received', 5)
    const sources: MetricsSources = {
      counters: () => [{ labels: {}, counters }],
      gauges: () => Promise.resolve([]),
      senders: () => [],
    }
    const metrics = new RelayMetrics()
    await metrics.text(sources)
    assert.match(await metrics.text(sources), /^kinesyslog_received_total 5$/m)
  })
})

import { SplunkXmlEncoder } from '../../src/codecs/splunk-xml.ts'
import type { LogEvent } from '../../src/core/event.ts'
import { Counters } from '../../src/core/metrics.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { SplunkPipeSink } from '../../src/sinks/splunk-pipe/sink.ts'
import { corpus, corpusMetadata } from './corpus.ts'
import { Measure } from './measure.ts'

// Events in memory → our pipe to Splunk; the counterpart of event-writer.ts. `node splunk-pipe.ts [batches of 1000]`.

const batches: LogEvent[][] = []
const { source, sourcetype, host, index } = corpusMetadata
for (const events of corpus({ records: Number(process.argv[2] ?? 200), eventsPerRecord: 1000 })) {
  batches.push(events.map((event) => ({ ...event, source, sourcetype, host, index })))
}

const measure = new Measure()
const counters = new Counters()
const encoder = new SplunkXmlEncoder({ counters })
const sink = new SplunkPipeSink({ output: process.stdout, encoder, clock: systemClock, counters })
const { signal } = new AbortController()
for (const batch of batches) await sink.write(batch, signal)
await sink.close(signal)
measure.print({ events: counters.get('events'), bytesOut: counters.get('bytes') })

import { createRequire } from 'node:module'
import { corpus, corpusMetadata } from './corpus.ts'
import { Measure } from './measure.ts'

// Events in memory → the event writer of Splunk's own SDK, as its users use it: it does not wait for the pipe. With
// `--exit` the process ends as the SDK's runner ends it, and what the pipe has not taken is lost.
// `node event-writer.ts [batches of 1000] [--exit]`.

const require = createRequire(import.meta.url)
interface SdkEventWriter {
  writeEvent(event: object): void
  close(): void
}
// Deep imports: the root of the package reads a `.env` file into the environment.
const SdkEvent = require('splunk-sdk/lib/modularinputs/event.js') as new (settings: object) => object
const EventWriter = require('splunk-sdk/lib/modularinputs/eventwriter.js') as new () => SdkEventWriter

const batches = [...corpus({ records: Number(process.argv[2] ?? 200), eventsPerRecord: 1000 })]
const { source, sourcetype, host, index } = corpusMetadata

const measure = new Measure()
const writer = new EventWriter()
let events = 0
for (const batch of batches) {
  for (const { message, time } of batch) {
    const seconds = time.seconds + time.nanos / 1e9
    writer.writeEvent(new SdkEvent({ data: message, time: seconds, source, sourcetype, host, index, unbroken: false }))
    events++
  }
}
writer.close()
const heldMiB = process.stdout.writableLength / 1024 / 1024
if (process.argv.includes('--exit')) {
  measure.print({ events, heldMiB })
  process.exit()
}
process.stdout.write('', () => {
  measure.print({ events, heldMiB })
})

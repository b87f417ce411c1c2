import { readFileSync } from 'node:fs'
import { openLogSender } from '../../src/wiring/log-sender.ts'
import { corpusMetadata } from './corpus.ts'
import { Measure } from './measure.ts'

// Events in memory → the log sender, as its users use it. `node sender.ts <endpoint> <file of lines>`.

const [endpoint = '', file = ''] = process.argv.slice(2)
const lines = readFileSync(file)
const { source, sourcetype, host, index } = corpusMetadata

const measure = new Measure()
const sender = await openLogSender({ stream: 'bench', region: 'us-east-1', endpoint, probe: false })
let events = 0
// Each message is made when it is written, as in a program that logs.
for (let start = 0; start < lines.length; events += 1) {
  const end = lines.indexOf(10, start)
  await sender.write({ message: lines.toString('latin1', start, end), source, sourcetype, host, index })
  start = end + 1
}
const { events: left } = await sender.close()
measure.print({ events, left })

import { createHash } from 'node:crypto'
import { systemClock } from '../../src/host/system-clock.ts'
import { Measure } from './measure.ts'

// The other end of the pipe: reads events as fast as it can and tells what came. The digest is that of the sorted
// events with their counts, because shards may take turns in any order; what stands between events does not count.

const end = '</event>'
const measure = new Measure()
await systemClock.sleep(Number(process.argv[2] ?? 0))
const counts = new Map<string, number>()
let [events, bytesOut, rest] = [0, 0, '']
for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
  const parts = (rest + chunk.toString('latin1')).split(end)
  rest = parts.pop() ?? ''
  for (const part of parts) {
    const event = part.slice(part.indexOf('<event'))
    counts.set(event, (counts.get(event) ?? 0) + 1)
    events++
    bytesOut += event.length + end.length
  }
}
const hash = createHash('sha256')
for (const [event, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${count} ${event}\n`)
const whole = rest.trimEnd().endsWith('</stream>') ? 'yes' : 'no'
measure.print({ events, bytesOut, sha256: hash.digest('hex'), whole })

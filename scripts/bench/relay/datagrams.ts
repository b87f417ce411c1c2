import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { systemClock } from '../../../src/host/system-clock.ts'
import { corpusMessages } from './messages.ts'

// Sends the lines of a file as datagrams, so many a second, a few each millisecond: `node datagrams.ts <port> <file>
// <rate> <seconds>`. What was sent, and at what rate in truth, is on standard error.
const [port = '', file = '', rate = '', seconds = ''] = process.argv.slice(2)
const bytes = readFileSync(file)
const lines: Buffer[] = []
for (let at = 0, end = 0; (end = bytes.indexOf(10, at)) >= 0; at = end + 1) lines.push(bytes.subarray(at, end))
const socket = createSocket('udp4')
socket.connect(Number(port), '127.0.0.1')
await once(socket, 'connect')
const total = Number(rate) * Number(seconds)
const startedMs = performance.now()
let [asked, done, failed] = [0, 0, 0]
const counted = (error: Error | null): void => {
  done += 1
  if (error !== null) failed += 1
}
while (asked < total) {
  const due = Math.min(total, Math.floor(((performance.now() - startedMs) * Number(rate)) / 1000))
  for (; asked < due; asked += 1) socket.send(lines[asked % corpusMessages] ?? '', counted)
  await systemClock.sleep(1)
}
while (done < total) await systemClock.sleep(1)
const perSecond = (1000 * total) / (performance.now() - startedMs)
process.stderr.write(`${JSON.stringify({ sent: total - failed, perSecond })}\n`)
socket.close()

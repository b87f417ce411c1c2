import { readSync, writeSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

// The least a process can do to write the events of dumped log records: the fastest calls known, no limits or faults.
// `node logdecode.ts < dump`; the result is a line on standard error.
let [events, bytesIn, bytesOut, filled, held] = [0, 0, 0, 0, 0]
const before = '"data":"'
const input = Buffer.allocUnsafe(4 << 20)
const gzip = Buffer.allocUnsafe(2 << 20)
const output = Buffer.allocUnsafe(4 << 20)

function decode(start: number, end: number): void {
  const length = gzip.write(input.toString('latin1', input.indexOf(before, start) + before.length, end - 2), 'base64')
  const chunkSize = gzip.readUInt32LE(length - 4) + 1
  const text = gunzipSync(gzip.subarray(0, length), { chunkSize }).toString('latin1')
  for (let at = text.indexOf(before); at >= 0; at = text.indexOf(before, at)) {
    at += before.length
    const data = text.slice(at, text.indexOf('"', at))
    filled += output.write(data, filled, 'base64')
    if (output[filled - 1] !== 10) output[filled++] = 10
    events++
  }
  if (filled > 256 * 1024) flush()
}
function flush(): void {
  for (let at = 0; at < filled; ) at += writeSync(1, output, at, filled - at)
  bytesOut += filled
  filled = 0
}
for (let read = -1; read !== 0; ) {
  read = readSync(0, input, held, 256 * 1024, null)
  const end = held + read
  bytesIn += read
  let start = 0
  for (let lineEnd = input.indexOf(10, held); lineEnd >= 0 && lineEnd < end; lineEnd = input.indexOf(10, start)) {
    decode(start, lineEnd)
    start = lineEnd + 1
  }
  input.copyWithin(0, start, end)
  held = end - start
}
flush()
const { user, system } = process.cpuUsage()
const cost = { cpuSeconds: (user + system) / 1e6, peakRssMiB: process.resourceUsage().maxRSS / 1024 }
console.error(JSON.stringify({ events, bytesIn, bytesOut, wallSeconds: performance.now() / 1e3, ...cost }))

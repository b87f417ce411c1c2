import { createHash } from 'node:crypto'
import { Measure } from './measure.ts'

// The other end of the pipe: reads events as fast as it can and tells what came. The digest is that of the sorted
// lines with their counts, because shards may take turns in any order; fillers, which are blank lines, do not count.

const measure = new Measure()
const counts = new Map<string, number>()
let bytesOut = 0
let rest = ''
for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
  const lines = (rest + chunk.toString('latin1')).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) {
    if (line === '') continue
    bytesOut += line.length + 1
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
}
const hash = createHash('sha256')
let events = 0
for (const [line, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
  hash.update(`${count} ${line}\n`)
  if (line.startsWith('<event>')) events += count
}
measure.print({ reader: 'lines', events, bytesOut, sha256: hash.digest('hex'), cut: rest.length })

import { createHash } from 'node:crypto'
import { Measure } from './measure.ts'

// The other end of a pipe which carries text: reads as fast as it can and tells what came. `node text-reader.ts bytes`
// digests the bytes as they come; `lines` the sorted lines with their counts, for what comes from several shards.

const isSorted = process.argv[2] === 'lines'
const measure = new Measure()
const hash = createHash('sha256')
const counts = new Map<string, number>()
let [bytesOut, rest] = [0, '']
for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
  bytesOut += chunk.length
  if (!isSorted) {
    hash.update(chunk)
    continue
  }
  const lines = (rest + chunk.toString('latin1')).split('\n')
  rest = lines.pop() ?? ''
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
}
for (const [line, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${count} ${line}\n`)
measure.print({ bytesOut, sha256: hash.update(rest).digest('hex') })

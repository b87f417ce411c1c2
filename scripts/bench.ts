import { cpus, totalmem } from 'node:os'
import { Product } from './bench/product.ts'
import type { Row } from './bench/row.ts'
import { decodingRows } from './bench/rows/decoding.ts'
import { eventWriterRow } from './bench/rows/event-writer.ts'
import { latencyRow, reshardRow } from './bench/rows/latency.ts'
import { idleMemoryRow, stalledMemoryRow } from './bench/rows/memory.ts'
import { relayRows } from './bench/rows/relay.ts'
import { senderRows } from './bench/rows/sender.ts'
import { schemeRow } from './bench/rows/start.ts'
import { throughputRow } from './bench/rows/throughput.ts'

/**
 * Measures, row by row, and prints what came of it. Never a test: the exit code is 0 whatever the figures.
 *
 *     node scripts/bench.ts sender decoding      only the parts which have one of these names
 */
const product = await Product.build()
const parts: Readonly<Record<string, () => Promise<Row | readonly Row[]> | Row>> = {
  'log-record': () => throughputRow(product, 'log-record'),
  text: () => throughputRow(product, 'text'),
  stalled: () => stalledMemoryRow(product),
  idle: () => idleMemoryRow(product),
  'event-writer': () => eventWriterRow(),
  scheme: () => schemeRow(product),
  latency: () => latencyRow(product),
  reshard: () => reshardRow(product),
  sender: () => senderRows(),
  decoding: () => decodingRows(),
  relay: () => relayRows(),
}
const wanted = process.argv.slice(2)
process.stdout.write(
  `${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB\n\n`,
)
try {
  for (const [part, measure] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(part)) continue
    for (const { name, figure, asked, holds, details } of [await measure()].flat()) {
      process.stdout.write(`${holds ? 'ok  ' : 'MISS'} ${name.padEnd(48)} ${figure.padStart(9)}  ${asked}\n`)
      process.stdout.write(`     ${details}\n`)
    }
  }
} finally {
  product.remove()
}

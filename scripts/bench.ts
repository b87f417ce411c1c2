import { cpus, totalmem } from 'node:os'
import { Product } from './bench/product.ts'
import type { Row } from './bench/row.ts'
import { eventWriterRow } from './bench/rows/event-writer.ts'
import { latencyRow, reshardRow } from './bench/rows/latency.ts'
import { idleMemoryRow, stalledMemoryRow } from './bench/rows/memory.ts'
import { schemeRow } from './bench/rows/start.ts'
import { throughputRow } from './bench/rows/throughput.ts'

/** Measures, row by row, and prints what came of it. Never a test: the exit code is 0 whatever the figures. */
const product = await Product.build()
const rows: readonly (() => Promise<Row> | Row)[] = [
  () => throughputRow(product, 'log-record'),
  () => throughputRow(product, 'text'),
  () => stalledMemoryRow(product),
  () => idleMemoryRow(product),
  () => eventWriterRow(),
  () => schemeRow(product),
  () => latencyRow(product),
  () => reshardRow(product),
]
process.stdout.write(
  `${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GiB\n\n`,
)
try {
  for (const measure of rows) {
    const { name, figure, asked, holds, details } = await measure()
    process.stdout.write(`${holds ? 'ok  ' : 'MISS'} ${name.padEnd(44)} ${figure.padStart(9)}  ${asked}\n`)
    process.stdout.write(`     ${details}\n`)
  }
} finally {
  product.remove()
}

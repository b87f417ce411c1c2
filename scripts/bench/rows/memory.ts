import { startCanned } from '../canned.ts'
import { logged, type Product } from '../product.ts'
import type { Row } from '../row.ts'

const stalledSeconds = 8
const idleSeconds = 10

/** 64 shards which answer with 10 MB each time, and a reader at the other end of the pipe which never reads. */
export async function stalledMemoryRow(product: Product): Promise<Row> {
  const canned = await startCanned({ shards: 64, 'records-per-answer': 400, 'answers-per-shard': 100 })
  try {
    let seconds = 0
    const onLine = (line: string): boolean => line.includes('at=input') && (seconds += 1) >= stalledSeconds
    const { writer } = await product.run(canned.endpoint, {}, { onLine, isRead: false })
    return memoryRow('peak RSS, 64 shards, nobody reads', writer['peakRssMiB'], 256)
  } finally {
    await canned.close()
  }
}

/** A stream on which nothing happens. */
export async function idleMemoryRow(product: Product): Promise<Row> {
  const canned = await startCanned({ shards: 1, 'records-per-answer': 1, 'answers-per-shard': 1 })
  try {
    let seconds = 0
    const onLine = (line: string): boolean =>
      line.includes('at=input') && logged(line, 'shards') !== undefined && (seconds += 1) >= idleSeconds
    const { writer } = await product.run(canned.endpoint, {}, { onLine })
    return memoryRow('peak RSS, idle', writer['peakRssMiB'], 120)
  } finally {
    await canned.close()
  }
}

function memoryRow(name: string, peak: string | number | undefined, most: number): Row {
  const mebibytes = Number(peak)
  return {
    name,
    figure: `${mebibytes.toFixed(0)} MiB`,
    asked: `at most ${most} MiB`,
    holds: mebibytes <= most,
    details: 'with Node itself, which takes 42 MiB for an empty script',
  }
}

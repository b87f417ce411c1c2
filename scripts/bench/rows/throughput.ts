import { fileURLToPath } from 'node:url'
import { startCanned } from '../canned.ts'
import { runPiped, type PipedRun } from '../piped.ts'
import { logged, type Product } from '../product.ts'
import { median, type Row } from '../row.ts'

const runs = 5

/**
 * GetRecords to a pipe another process reads, the product and its floor in turn. The ratio is of process CPU seconds:
 * the shards' own rate limits, which the product keeps, leave wall time without meaning.
 */
export async function throughputRow(product: Product, format: 'log-record' | 'text'): Promise<Row> {
  const canned = await startCanned({ format, shards: 40 })
  try {
    const floor = fileURLToPath(new URL(`../floors/${format}.ts`, import.meta.url))
    // What the input says for records which say nothing, in the order in which it writes it.
    const origin = format === 'text' ? '<sourcetype>kinloader</sourcetype><host>bench</host>' : ''
    const ours: PipedRun[] = []
    const floors: PipedRun[] = []
    for (let run = 0; run < runs; run += 1) {
      floors.push(await runPiped({ args: ['--no-warnings', floor, canned.endpoint, origin] }))
      const onLine = (line: string): boolean =>
        line.includes('at=input') && (logged(line, 'events') ?? 0) >= canned.events
      ours.push(await product.run(canned.endpoint, { record_format: format }, { onLine }))
    }
    return row(format, canned, ours, floors)
  } finally {
    await canned.close()
  }
}

function row(
  format: string,
  canned: { readonly events: number; readonly bytesIn: number },
  ours: readonly PipedRun[],
  floors: readonly PipedRun[],
): Row {
  const cpu = (list: readonly PipedRun[]): number => median(list.map(({ writer }) => Number(writer['cpuSeconds'])))
  const ratio = cpu(floors) / cpu(ours)
  const bytesOut = Number(ours[0]?.reader['bytesOut'])
  const sums = new Set([...ours, ...floors].map(({ reader }) => reader['sha256']))
  const perCpuSecond = (amount: number): number => amount / cpu(ours)
  return {
    name: `${format}: CPU of the floor / ours`,
    figure: ratio.toFixed(2),
    asked: 'at least 0.70',
    holds: ratio >= 0.7 && sums.size === 1,
    details: [
      sums.size === 1 ? 'same bytes' : `DIFFERENT BYTES`,
      `${(perCpuSecond(canned.events) / 1e6).toFixed(2)} M events/CPU s`,
      `in ${(perCpuSecond(canned.bytesIn) / 1e6).toFixed(0)} MB/s`,
      `out ${(perCpuSecond(bytesOut) / 1e6).toFixed(0)} MB/s`,
      `${((cpu(ours) / bytesOut) * 1e9).toFixed(2)} CPU s/GB out, floor ${((cpu(floors) / bytesOut) * 1e9).toFixed(2)}`,
      `peak ${median(ours.map(({ writer }) => Number(writer['peakRssMiB']))).toFixed(0)} MiB`,
    ].join(', '),
  }
}

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Product } from '../product.ts'
import { median, type Row } from '../row.ts'

const runs = 21

/** `--scheme`, which splunkd asks for at each of its starts, beside an empty script, in turn. */
export function schemeRow(product: Product): Row {
  const empty = path.join(product.folder, 'empty.mjs')
  writeFileSync(empty, '')
  const flags = product.flags
  const ours: number[] = []
  const nothing: number[] = []
  for (let run = 0; run < runs; run += 1) {
    nothing.push(millisecondsOf([...flags, empty]))
    ours.push(millisecondsOf([...flags, product.program, '--scheme']))
  }
  const ratio = median(ours) / median(nothing)
  return {
    name: '--scheme / an empty script',
    figure: ratio.toFixed(2),
    asked: 'at most 1.60',
    holds: ratio <= 1.6,
    details: `${median(ours).toFixed(0)} ms, ${median(nothing).toFixed(0)} ms`,
  }
}

function millisecondsOf(args: readonly string[]): number {
  const begun = performance.now()
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`)
  return performance.now() - begun
}

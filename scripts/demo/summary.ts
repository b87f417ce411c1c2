import type { Verdict } from './ledger.ts'
import { grouped } from './live-view.ts'
import type { RateMeter } from './rate-meter.ts'

/** The demo's last words. */
export function summaryLines(
  verdict: Verdict,
  meter: Pick<RateMeter, 'average' | 'fastest'>,
  seconds: number,
): readonly string[] {
  const { put, indexed, duplicated, lost, faults } = verdict
  const held = faults.length === 0
  const rows = [
    ['events in', grouped(put), 'put into the stream'],
    ['events out', grouped(indexed), held ? 'each as it was put, in the order of its shard, children after parents' : ''],
    ['lost', grouped(lost), ''],
    ['duplicated', grouped(duplicated), 'handed over within the hold-back before the stop, and safer sent twice than lost'],
    ['MB/s', meter.average.toFixed(2), `${meter.fastest.toFixed(2)} in the fastest second; the local Kinesis sets the pace, see make bench`],
    ['seconds', seconds.toFixed(1), ''],
  ] as const
  return ['', ...rows.map(([name, value, remark]) => `  ${name.padEnd(11)}${value.padStart(9)}  ${remark}`.trimEnd())]
}

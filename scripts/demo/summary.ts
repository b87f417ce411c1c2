import type { Verdict } from './ledger.ts'
import { grouped } from './live-view.ts'
import type { RateMeter } from './rate-meter.ts'

/** The figures of the whole demo; narrow enough for any terminal. */
export function summaryLines(verdict: Verdict, meter: Pick<RateMeter, 'average' | 'fastest'>): readonly string[] {
  const { put, indexed, duplicated, lost, faults } = verdict
  const rows = [
    ['events in', grouped(put), 'put into the stream'],
    ['events out', grouped(indexed), faults.length === 0 ? 'as they were put, in order, children after parents' : ''],
    ['lost', grouped(lost), ''],
    ['duplicated', grouped(duplicated), 'sent again after the stop: Splunk acknowledges nothing'],
    ['MB/s', meter.average.toFixed(2), `fastest second ${meter.fastest.toFixed(2)}; kinesis-local sets the pace`],
  ] as const
  return rows.map(([name, value, remark]) => `  ${name.padEnd(11)}${value.padStart(9)}  ${remark}`.trimEnd())
}

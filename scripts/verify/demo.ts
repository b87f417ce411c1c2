import { runChild } from './child.ts'
import type { Step } from './step.ts'

/** The demo as a newcomer runs it. It judges itself: exit code 0 when every line came out in order. */
export const demoStep: Step = {
  name: 'make demo',
  async run({ say, signal }) {
    const { isGood, how, lines } = await runChild({
      command: 'make',
      args: ['--no-print-directory', 'demo'],
      signal,
      timeoutMs: 240_000,
      onLine: say,
    })
    if (!isGood) return { passed: 0, failed: 1, text: how }
    return { passed: 1, failed: 0, text: summaryOf(lines) }
  },
}

/** `events in 9,000, events out 9,000, lost 0, duplicated 12` out of the demo's last lines. */
function summaryOf(lines: readonly string[]): string {
  const rows = lines.map((line) => /^ +(events in|events out|lost|duplicated) +([\d,]+)/.exec(line))
  return rows.flatMap((row) => (row === null ? [] : [`${row[1] ?? ''} ${row[2] ?? ''}`])).join(', ')
}

import { renderTable } from '../demo/table.ts'
import type { StepResult } from './progress.ts'

export interface Report {
  /** A table of the steps; its last line is `N passed, N failed`. */
  readonly lines: readonly string[]
  readonly isGood: boolean
}

const maxWidth = 160

/** The results for people, and their sum. Steps which were wanted and have no result were interrupted. */
export function reportOf(results: readonly StepResult[], wanted: number): Report {
  const rows = results.map(({ name, seconds, verdict, outcome }) => [
    name,
    seconds.toFixed(1),
    verdict === 'failed' ? 'FAILED' : verdict,
    outcome.text,
  ])
  const seconds = results.reduce((total, result) => total + result.seconds, 0)
  const missing = wanted - results.length
  const passed = results.reduce((total, { outcome }) => total + outcome.passed, 0)
  const failed = missing + results.reduce((total, result) => total + failuresOf(result), 0)
  const table = renderTable(
    [{ title: 'step' }, { title: 'seconds', align: 'right' }, { title: 'verdict' }, { title: '' }],
    [...rows, ['all', seconds.toFixed(1), failed === 0 ? 'passed' : 'FAILED', missingText(missing)]],
    maxWidth,
  )
  return { lines: [...table, '', `${passed} passed, ${failed} failed`], isGood: failed === 0 }
}

/** At least one for a step which failed, also when it counted none. */
function failuresOf({ verdict, outcome }: StepResult): number {
  return verdict === 'failed' ? Math.max(1, outcome.failed) : 0
}

function missingText(missing: number): string {
  return missing === 0 ? '' : `interrupted, ${missing} steps were not done`
}

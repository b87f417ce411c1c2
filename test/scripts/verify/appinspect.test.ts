import assert from 'node:assert/strict'
import { type InspectionReport, judge } from '../../../scripts/verify/appinspect.ts'

function report(results: Record<string, string>, success = 120): InspectionReport {
  const checks = Object.entries(results).map(([name, result]) => ({ name, result }))
  const count = (wanted: string): number => checks.filter(({ result }) => result === wanted).length
  return {
    summary: { error: count('error'), failure: count('failure'), warning: count('warning'), success },
    reports: [{ groups: [{ checks }] }],
  }
}

describe('the verdict on an inspection', () => {
  it('is good without failures and errors, whatever the warnings', () => {
    assert.deepEqual(judge(report({ a: 'warning' }), []), {
      isGood: true,
      text: '0 failures, 0 errors, 1 warnings, 120 passed',
    })
  })

  it('accepts the findings which are named, and names the others', () => {
    const found = report({ architecture: 'failure', other: 'failure' })
    assert.equal(judge(report({ architecture: 'failure' }), ['architecture']).isGood, true)
    assert.deepEqual(judge(found, ['architecture']), {
      isGood: false,
      text: '2 failures, 0 errors, 0 warnings, 120 passed, architecture, other',
    })
  })

  it('never accepts an error, a count without its check, or an inspection that looked at little', () => {
    assert.equal(judge(report({ architecture: 'error' }), ['architecture']).isGood, false)
    const miscounted = { ...report({}), summary: { error: 0, failure: 1, warning: 0, success: 120 } }
    assert.equal(judge(miscounted, []).isGood, false)
    assert.equal(judge(report({}, 12), []).isGood, false)
  })
})

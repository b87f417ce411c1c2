import assert from 'node:assert/strict'
import { MochaTotals } from '../../../scripts/verify/mocha.ts'

function totals(...lines: string[]): MochaTotals {
  const read = new MochaTotals()
  for (const line of lines) read.read(line)
  return read
}

describe("mocha's totals", () => {
  it('are what its summary says, and nothing a test says', () => {
    const read = totals('    ✔ has 5 passing cars (3ms)', '  12 passing (3s)', '      9 passing')
    assert.deepEqual(read.outcome(true, 'exit code 0'), { passed: 12, failed: 0, text: '12 tests' })
    const coloured = totals('\u001b[92m \u001b[0m\u001b[32m 12 passing\u001b[0m\u001b[90m (3s)\u001b[0m')
    assert.equal(coloured.outcome(true, 'exit code 0').passed, 12)
    const failing = totals('  12 passing (3s)', '  2 failing').outcome(false, 'exit code 2')
    assert.deepEqual(failing, { passed: 12, failed: 2, text: '2 of 14 tests failed' })
  })

  it('are a failure without tests, and after a bad end', () => {
    assert.deepEqual(totals('  0 passing (1ms)').outcome(true, ''), {
      passed: 0,
      failed: 1,
      text: 'there were no tests',
    })
    const ended = totals('  12 passing (3s)').outcome(false, 'not ended within 60 s')
    assert.deepEqual(ended, { passed: 12, failed: 1, text: 'not ended within 60 s' })
  })
})

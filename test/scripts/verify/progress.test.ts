import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { runSteps } from '../../../scripts/verify/progress.ts'
import { reportOf } from '../../../scripts/verify/report.ts'
import { type Outcome, skip, type Step } from '../../../scripts/verify/step.ts'

function step(name: string, outcome: Outcome | Error): Step {
  return {
    name,
    run: ({ say }) => {
      say(`in ${name}`)
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)
    },
  }
}

const good: Outcome = { passed: 3, failed: 0, text: '3 tests' }

describe('the steps of a verification', () => {
  let said: string[]
  let interruption: AbortController
  const say = (line: string): void => {
    said.push(line)
  }

  beforeEach(() => {
    said = []
    interruption = new AbortController()
  })

  it('are all run, told while they run, and summed up', async () => {
    const bad = { passed: 4, failed: 2, text: '2 of 6 tests failed' }
    const steps = [
      step('first', good),
      step('second', bad),
      step('third', new Error('moto cannot be had')),
      step('fourth', skip('no Splunk')),
    ]
    const results = await runSteps(steps, { say, signal: interruption.signal })
    assert.deepEqual(
      results.map(({ verdict }) => verdict),
      ['passed', 'failed', 'failed', 'skipped'],
    )
    assert.deepEqual(said.slice(0, 2), ['[1/4] first', '      in first'])
    assert.match(said[2] ?? '', /^ {6}passed after \d+\.\d s: 3 tests$/)
    const { lines, isGood } = reportOf(results, steps.length)
    assert.equal(isGood, false)
    assert.match(lines[1] ?? '', /^first +\d+\.\d +passed +3 tests$/)
    assert.match(lines[2] ?? '', /^second +\d+\.\d +FAILED +2 of 6 tests failed$/)
    assert.match(lines[3] ?? '', /^third +\d+\.\d +FAILED +moto cannot be had$/)
    assert.match(lines[4] ?? '', /^fourth +\d+\.\d +skipped +no Splunk$/)
    assert.equal(lines.at(-1), '7 passed, 3 failed')
  })

  it('have failed when they counted nothing', async () => {
    const results = await runSteps([step('empty', { passed: 0, failed: 0, text: '' })], {
      say,
      signal: interruption.signal,
    })
    assert.equal(reportOf(results, 1).lines.at(-1), '0 passed, 1 failed')
  })

  it('are good when what is not skipped passes', async () => {
    const results = await runSteps([step('one', good), step('none', skip('not here'))], {
      say,
      signal: interruption.signal,
    })
    assert.deepEqual([reportOf(results, 2).isGood, reportOf(results, 2).lines.at(-1)], [true, '3 passed, 0 failed'])
  })

  it('end with the one under way at an interruption, and the missing ones have failed', async () => {
    const interrupting: Step = {
      name: 'interrupted',
      run: () => {
        interruption.abort()
        return Promise.resolve(good)
      },
    }
    const results = await runSteps([interrupting, step('never', good)], { say, signal: interruption.signal })
    assert.equal(results.length, 1)
    const { lines } = reportOf(results, 2)
    assert.match(lines.find((line) => line.startsWith('all')) ?? '', /FAILED +interrupted, 1 steps were not done$/)
    assert.equal(lines.at(-1), '3 passed, 1 failed')
  })

  it('say that they still go on when they are silent', async () => {
    const silent: Step = {
      name: 'silent',
      run: async () => {
        while (said.length < 3) await sleep(5)
        return good
      },
    }
    await runSteps([silent], { say, signal: interruption.signal, silenceMs: 20 })
    assert.match(said[1] ?? '', /^ {6}… still at it after 0 s$/)
  })
})

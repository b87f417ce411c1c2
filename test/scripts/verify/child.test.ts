import assert from 'node:assert/strict'
import { runChild } from '../../../scripts/verify/child.ts'

const live = new AbortController().signal

function shell(script: string, timeoutMs = 10_000, signal = live): ReturnType<typeof runChild> {
  return runChild({ command: 'sh', args: ['-c', script], timeoutMs, signal })
}

describe('a child of the verification', () => {
  it('has its end and its last lines of both outputs told', async () => {
    assert.deepEqual(await shell('echo out'), { isGood: true, how: 'exit code 0', lines: ['out'] })
    assert.deepEqual(await shell('echo oh >&2; exit 3'), { isGood: false, how: 'exit code 3', lines: ['oh'] })
    assert.equal((await shell('kill -9 $$')).how, 'killed by SIGKILL')
    const { lines } = await shell('seq 1 1000')
    assert.deepEqual([lines.length, lines.at(-1)], [200, '1000'])
  })

  it('need not be there', async () => {
    const end = await runChild({ command: '/nowhere/at-all', args: [], timeoutMs: 1000, signal: live })
    assert.equal(end.isGood, false)
    assert.match(end.how, /cannot be started .*ENOENT/)
  })

  it('ends with its own children when its time is over or it is interrupted', async () => {
    // They hold its output open: it counts as ended only when they have.
    const script = 'sleep 60 & sleep 60'
    const late = await shell(script, 200)
    assert.deepEqual([late.isGood, late.how], [false, 'not ended within 0 s'])
    const interrupted = await shell(script, 10_000, AbortSignal.timeout(200))
    assert.deepEqual([interrupted.isGood, interrupted.how], [false, 'interrupted'])
  })

  it('has nothing to read, and is no part of the make which runs this', async () => {
    process.env['MAKELEVEL'] = '1'
    try {
      assert.deepEqual((await shell('cat; echo "[$MAKELEVEL]"')).lines, ['[]'])
    } finally {
      delete process.env['MAKELEVEL']
    }
  })
})

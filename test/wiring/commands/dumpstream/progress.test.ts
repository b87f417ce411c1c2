import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { LaneStatus } from '../../../../src/core/source.ts'
import { TerminalLine } from '../../../../src/host/terminal-line.ts'
import { isShown, progressText, showProgress } from '../../../../src/wiring/commands/dumpstream/progress.ts'
import { VirtualClock } from '../../../support/virtual-clock.ts'

function lane(number: number, lagMs: number | undefined, state = 'reading'): LaneStatus {
  return { lane: `shardId-${String(number).padStart(12, '0')}`, state, position: '', lagMs, counters: {} }
}

function terminal(isTTY: boolean): { line: TerminalLine; shown: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 200 })
  return { line: new TerminalLine(stream), shown: () => ((stream.read() as Buffer | null) ?? '').toString() }
}

describe('the progress of a dump', () => {
  it('names the shards which are farthest behind', () => {
    const figures = { records: 12_345, bytes: 3_400_000, bytesPerSecond: 1_200 }
    assert.equal(progressText(figures, []), '12,345 records, 3.4 MB, 1.2 kB/s; starting')
    assert.equal(
      progressText(figures, [lane(1, 200), lane(2, 0, 'closed')]),
      '12,345 records, 3.4 MB, 1.2 kB/s; 1 of 1 shards caught up',
    )
    const lanes = [
      lane(1, 40_000),
      lane(12, 7_500_000),
      lane(3, 100),
      lane(4, 65_000),
      lane(5, undefined),
      lane(6, 9000),
    ]
    assert.equal(
      progressText({ records: 0, bytes: 999, bytesPerSecond: 2.5e9 }, lanes),
      '0 records, 999 B, 2.50 GB/s; behind: unknown in …0005, 2 h 5 min in …0012, 1 min 5 s in …0004; 1 of 6 shards caught up',
    )
  })

  it('is shown once a second, with the rate since the last time, and taken away at the end', async () => {
    const clock = new VirtualClock()
    const stop = new AbortController()
    const { line, shown } = terminal(true)
    const figures = { records: 1, bytes: 1000 }
    const over = showProgress({ terminal: line, clock, figures, status: () => [lane(1, 0)] }, stop.signal)
    await clock.advance(999)
    assert.equal(shown(), '')
    figures.bytes = 5000
    await clock.advance(1)
    assert.match(shown(), /1 records, 5\.0 kB, 4\.0 kB\/s; 1 of 1 shards caught up$/)
    await clock.advance(1000)
    assert.match(shown(), /1 records, 5\.0 kB, 0 B\/s; 1 of 1 shards caught up$/)
    stop.abort()
    await over
    assert.equal(shown(), '\r\u001b[K')
  })

  it('is not shown where stderr is no terminal, or where it would stand between the records', () => {
    assert.equal(isShown({ terminal: terminal(false).line, stdout: new PassThrough() }, true), false)
    assert.equal(isShown({ terminal: terminal(true).line, stdout: new PassThrough() }, true), true)
    const stdout = Object.assign(new PassThrough(), { isTTY: true })
    assert.equal(isShown({ terminal: terminal(true).line, stdout }, true), false)
    assert.equal(isShown({ terminal: terminal(true).line, stdout }, false), true)
  })
})

import assert from 'node:assert/strict'
import type { SplunkEvent } from '../../fakes/splunkd/event-stream.ts'
import { Ledger } from '../../../scripts/demo/ledger.ts'
import type { LogLine } from '../../../scripts/demo/log-lines.ts'

const origin = { host: 'web-1', source: '/var/log/a', sourcetype: 'syslog', index: '', unbroken: false }
const parentsOf = new Map([
  ['a', []],
  ['b', []],
  ['c', ['a']],
  ['d', ['a']],
  ['e', ['c', 'b']],
])

function line(number: number): LogLine {
  return { number, origin, time: { seconds: 5, nanos: 120_000 }, text: `x seq=${String(number).padStart(8, '0')}` }
}

function event(number: number, more: Partial<SplunkEvent> = {}): SplunkEvent {
  const { host, source, sourcetype } = origin
  const base = { time: '5.000120', host, source, sourcetype, data: `${line(number).text}\n` }
  return { ...base, unbroken: false, done: false, ...more }
}

/** Puts lines 1 to 4 into shards a, a, c and d, two digits apart in length of their sequence numbers. */
function putFour(): Ledger {
  const ledger = new Ledger()
  const placed = [
    ['a', '9'],
    ['a', '10'],
    ['c', '1'],
    ['d', '1'],
  ] as const
  for (const [i, [shardId, sequenceNumber]] of placed.entries()) {
    ledger.announce([line(i + 1)])
    ledger.place({ shardId, sequenceNumber, lines: [line(i + 1)] })
  }
  return ledger
}

function verdictOf(numbers: readonly number[], ledger = putFour()): string {
  for (const number of numbers) ledger.take(event(number))
  const { lost, duplicated, faults } = ledger.verdict(parentsOf)
  return [`lost ${lost} duplicated ${duplicated}`, ...faults].join('; ')
}

describe('the ledger of the demo', () => {
  it('holds when everything came once, children in any order between them', () => {
    assert.equal(verdictOf([1, 2, 3, 4]), 'lost 0 duplicated 0')
    assert.equal(verdictOf([1, 2, 4, 3]), 'lost 0 duplicated 0')
  })

  it('counts duplicates, and takes the first occurrence for the order', () => {
    assert.equal(verdictOf([1, 2, 1, 2, 3, 1, 4]), 'lost 0 duplicated 3')
  })

  it('tells what is lost', () => {
    assert.equal(verdictOf([1, 2, 4]), 'lost 1 duplicated 0; 1 lines never came out, line 3 of c is the first.')
  })

  it('tells a line before its predecessor in the shard, by number and not by text', () => {
    assert.match(verdictOf([2, 1, 3, 4]), /1 lines came out too early; line 2 of a is the first/)
  })

  it('tells a line of a child before one of its parent', () => {
    assert.match(verdictOf([1, 3, 2, 4]), /line 3 of c/)
  })

  it('tells a line of a grandchild before one of its grandparent, even with nothing between them', () => {
    const ledger = new Ledger()
    ledger.announce([line(1), line(2)])
    ledger.place({ shardId: 'a', sequenceNumber: '1', lines: [line(1)] })
    ledger.place({ shardId: 'e', sequenceNumber: '1', lines: [line(2)] })
    assert.match(verdictOf([2, 1], ledger), /line 2 of e/)
  })

  it('tells what was changed on the way', () => {
    const changes: readonly (readonly [Partial<SplunkEvent>, string])[] = [
      [{ data: 'y seq=00000001' }, 'text'],
      [{ time: '5.00012' }, ''],
      [{ time: '5.12' }, 'time'],
      [{ host: 'web-2' }, 'host'],
      [{ source: '' }, 'source'],
      [{ index: 'main' }, 'index'],
      [{ unbroken: true }, 'line breaking'],
    ]
    for (const [change, what] of changes) {
      const ledger = new Ledger()
      ledger.announce([line(1)])
      ledger.place({ shardId: 'a', sequenceNumber: '1', lines: [line(1)] })
      ledger.take(event(1, change))
      const expected = what === '' ? [] : [`Line 1 came out with another ${what} than it was put with.`]
      assert.deepEqual(ledger.verdict(parentsOf).faults, expected)
    }
  })

  it('tells what nobody put', () => {
    assert.match(verdictOf([1, 2, 3, 4, 5]), /An event came out which was never put: "x seq=00000005"/)
  })

  it('counts by shard, also when a line comes out before the stream has answered', () => {
    const ledger = new Ledger()
    ledger.announce([line(1), line(2)])
    ledger.take(event(1))
    ledger.place({ shardId: 'a', sequenceNumber: '1', lines: [line(1), line(2)] })
    assert.deepEqual({ ...ledger.countOf('a') }, { put: 2, indexed: 1 })
    ledger.take(event(2))
    ledger.take(event(2))
    assert.deepEqual({ ...ledger.countOf('a') }, { put: 2, indexed: 2 })
  })
})

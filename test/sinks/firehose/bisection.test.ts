import assert from 'node:assert/strict'
import { Bisection } from '../../../src/sinks/firehose/bisection.ts'
import type { WaitingRecord } from '../../../src/sinks/firehose/record-store.ts'

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ({ name, bytes: 1, sinceMs: 0 })) as [
  WaitingRecord,
  WaitingRecord,
  WaitingRecord,
  WaitingRecord,
]

describe('the search for a record which is refused', () => {
  it('halves, the first half first', () => {
    const bisection = new Bisection()
    assert.equal(bisection.next(), undefined)
    assert.equal(bisection.refused([a, b, c]), undefined)
    assert.deepEqual([bisection.next(), bisection.next(), bisection.next()], [[a, b], [c], undefined])
  })

  it('finds a record guilty which is refused alone after another was accepted', () => {
    const bisection = new Bisection()
    bisection.refused([a, b])
    bisection.accepted(b)
    assert.equal(bisection.refused([a]), a)
  })

  it('finds none guilty without that, and tries it first once there is a proof', () => {
    const bisection = new Bisection()
    bisection.accepted(d) // earlier: the stream may have changed since
    bisection.refused([a, b, c])
    bisection.next()
    assert.equal(bisection.refused([a]), undefined)
    assert.equal(bisection.alone, 1)
    assert.deepEqual([bisection.next(), bisection.next()], [[c], undefined])
    bisection.refused([c, d])
    bisection.accepted(b)
    assert.deepEqual(bisection.next(), [a])
    assert.equal(bisection.refused([a]), a)
  })

  it('tries one alone again when there is nothing else', () => {
    const bisection = new Bisection()
    assert.equal(bisection.nextAlone(), undefined)
    bisection.refused([a])
    assert.equal(bisection.next(), undefined)
    assert.deepEqual(bisection.nextAlone(), [a])
    assert.deepEqual([bisection.alone, bisection.nextAlone()], [0, undefined])
  })
})

import assert from 'node:assert/strict'
import { encodedBytes } from '../../../src/sinks/firehose/encoded-size.ts'
import { RestingRecords } from '../../../src/sinks/firehose/resting-records.ts'

function record(name: string): { name: string; bytes: number; sinceMs: number } {
  return { name, bytes: 10, sinceMs: 0 }
}

describe('resting records', () => {
  it('rest twice as long each time, a batch as long as its most refused', () => {
    const resting = new RestingRecords(() => 1)
    resting.add([record('a')], 0)
    assert.equal(resting.nextMs, 500)
    assert.deepEqual(resting.takeRested(499), [])
    assert.deepEqual(resting.takeRested(500), [record('a')])
    resting.add([record('a'), record('b')], 1000)
    assert.equal(resting.nextMs, 2000)
    resting.add([record('c')], 1000)
    assert.equal(resting.nextMs, 1500)
    assert.deepEqual([resting.size, resting.encodedBytes], [3, 3 * encodedBytes(10)])
    assert.deepEqual(resting.takeRested(5000), [record('a'), record('b'), record('c')])
    assert.deepEqual([resting.size, resting.encodedBytes, resting.nextMs], [0, 0, Infinity])
  })

  it('are forgotten when they are delivered', () => {
    const resting = new RestingRecords(() => 1)
    for (const wanted of [500, 1000, 2000]) {
      resting.add([record('a')], 0)
      assert.equal(resting.nextMs, wanted)
      resting.takeRested(wanted)
    }
    resting.forget(record('a'))
    resting.add([record('a')], 0)
    assert.equal(resting.nextMs, 500)
  })

  it('are none where none are added', () => {
    const resting = new RestingRecords()
    resting.add([], 0)
    assert.equal(resting.nextMs, Infinity)
  })
})

import assert from 'node:assert/strict'
import { UploadGate } from '../../../src/sinks/firehose/upload-gate.ts'

/** How many requests may go at once. */
function allowed(gate: UploadGate, nowMs: number): number {
  let count = 0
  while (gate.isOpen(count, nowMs)) count += 1
  return count
}

describe('the gate of uploads', () => {
  it('lets one go at first, then twice as many with each which gets through, half with each which does in part', () => {
    const gate = new UploadGate(8, () => 0)
    const seen = [true, true, true, true, false, false, false, false, true].map((isWhole) => {
      const before = allowed(gate, 0)
      gate.passed(gate.round, { isWhole })
      return before
    })
    assert.deepEqual(seen, [1, 2, 4, 8, 8, 4, 2, 1, 1])
  })

  it('takes several failures of one round for one, and then lets one find out', () => {
    const gate = new UploadGate(4, () => 0)
    for (let i = 0; i < 2; i++) gate.passed(gate.round, { isWhole: true })
    const { round } = gate
    for (const atMs of [1000, 1010, 1020, 1030]) gate.failed(round, atMs)
    assert.equal(gate.untilMs, 1250)
    assert.deepEqual([allowed(gate, 1249), allowed(gate, 1250)], [0, 1])
    // A late answer of the old round proves nothing.
    gate.passed(round, { isWhole: true })
    assert.equal(allowed(gate, 1250), 1)
    gate.failed(gate.round, 2000)
    assert.equal(gate.untilMs, 2500)
  })

  it('rests as long as it is told, and may be opened', () => {
    const gate = new UploadGate(4, () => 0)
    gate.failed(gate.round, 0, 60_000)
    assert.deepEqual([allowed(gate, 59_999), allowed(gate, 60_000)], [0, 1])
    gate.failed(gate.round, 60_000, 60_000)
    gate.open()
    assert.equal(allowed(gate, 60_001), 1)
  })
})

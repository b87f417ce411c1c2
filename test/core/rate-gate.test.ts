import assert from 'node:assert/strict'
import { RateGate } from '../../src/core/rate-gate.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const live = new AbortController().signal

describe('a rate gate', () => {
  it('lets pass evenly, first come, first served, and saves nothing up', async () => {
    const clock = new VirtualClock()
    const gate = new RateGate(clock, 4)
    await clock.advance(60_000)
    const startMs = clock.monotonic()
    const passed: [number, number][] = []
    const all = Array.from({ length: 9 }, async (_, caller) => {
      await gate.pass(live)
      passed.push([caller, clock.monotonic() - startMs])
    })
    await clock.runUntil(Promise.all(all))
    assert.deepEqual(
      passed.map(([caller]) => caller),
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    )
    assert.deepEqual(
      passed.map(([, atMs]) => atMs),
      [0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000],
    )
  })

  it('lets those behind an aborted one pass as if it had not been there', async () => {
    const clock = new VirtualClock()
    const gate = new RateGate(clock, 1)
    const startMs = clock.monotonic()
    const abort = new AbortController()
    await gate.pass(live)
    const given = gate.pass(abort.signal)
    const behind = gate.pass(live)
    abort.abort()
    await given
    await clock.runUntil(behind)
    assert.equal(clock.monotonic() - startMs, 1000)
  })
})

import assert from 'node:assert/strict'
import { healthOf, type RelayState } from '../../../../src/wiring/commands/kinesyslog/relay-health.ts'

const well: RelayState = {
  journal: 'ok',
  upload: { oldestMs: undefined },
  making: {},
  listeners: [],
  isServing: true,
  nowMs: 1_800_000_000_000,
}

describe('the health of a relay', () => {
  it('is good while a segment fails for a moment, and not when it does for longer than a minute', () => {
    assert.deepEqual(healthOf(well), { isGood: true, problems: [] })
    assert.ok(healthOf({ ...well, making: { failingMs: 60_000, lastError: 'EIO' } }).isGood)
    assert.deepEqual(healthOf({ ...well, making: { failingMs: 61_000, lastError: 'EIO' } }), {
      isGood: false,
      problems: ["No records can be made for 61 seconds (EIO); look at the spool's disk."],
    })
  })
})

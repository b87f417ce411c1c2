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

  it('is not good when there is no answer for longer than a minute', () => {
    assert.ok(healthOf({ ...well, making: { makingMs: 60_000 } }).isGood)
    assert.deepEqual(healthOf({ ...well, making: { makingMs: 61_000 } }), {
      isGood: false,
      problems: [
        "No records have come of a segment for 61 seconds (NO_ANSWER); look at the spool's disk and the processor, and start the program again.",
      ],
    })
  })

  it('tells a failure before the wait for the next answer', () => {
    const { problems } = healthOf({ ...well, making: { failingMs: 99_000, lastError: 'EIO', makingMs: 61_000 } })
    assert.deepEqual(problems, ["No records can be made for 99 seconds (EIO); look at the spool's disk."])
  })
})

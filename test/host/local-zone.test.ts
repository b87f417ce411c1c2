import assert from 'node:assert/strict'
import { localZoneAt } from '../../src/host/local-zone.ts'

describe('the local zone', () => {
  const before = process.env['TZ']

  afterEach(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })

  const summer = Date.UTC(2026, 6, 1)
  const winter = Date.UTC(2026, 0, 1)

  for (const [zone, timeMs, offsetMinutes, name] of [
    ['Europe/Berlin', summer, 120, 'CEST'],
    ['Europe/Berlin', winter, 60, 'CET'],
    ['America/New_York', winter, -300, 'EST'],
    ['Asia/Kolkata', winter, 330, 'IST'],
    ['Asia/Kathmandu', winter, 345, ''],
    ['UTC', winter, 0, 'UTC'],
  ] as const) {
    it(`is that of ${zone}, ${name}`, () => {
      process.env['TZ'] = zone
      const local = localZoneAt(timeMs)
      assert.deepEqual([local.offsetMinutes, local.name()], [offsetMinutes, name])
    })
  }
})

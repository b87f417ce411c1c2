import assert from 'node:assert/strict'
import { compileTimeLayout } from '../../../src/codecs/time-layout/layout.ts'
import type { LocalZone } from '../../../src/codecs/time-layout/moment.ts'

const berlin: LocalZone = { offsetMinutes: 120, name: () => 'CEST' }
const kolkata: LocalZone = { offsetMinutes: 330, name: () => '' }
const newfoundland: LocalZone = { offsetMinutes: -210, name: () => '' }
const utc: LocalZone = { offsetMinutes: 0, name: () => 'UTC' }

/** A Sunday. */
const morning = Date.UTC(2026, 2, 8, 7, 4, 5, 60)
/** A Tuesday, in UTC. */
const night = Date.UTC(2024, 11, 31, 22, 59, 59, 999)

function format(layout: string, timeMs: number, zone = berlin): string {
  return compileTimeLayout(layout, () => zone)(timeMs)
}

describe('time layouts', () => {
  for (const [layout, expected] of [
    ['2006-01-02T15:04:05Z07:00', '2026-03-08T09:04:05+02:00'],
    ['Mon Jan _2 15:04:05 2006', 'Sun Mar  8 09:04:05 2026'],
    ['Monday, 02-Jan-06 15:04:05 MST', 'Sunday, 08-Mar-26 09:04:05 CEST'],
    ['January 2, 2006 at 3:4:5pm', 'March 8, 2026 at 9:4:5am'],
    ['1/2/06 03:04 PM', '3/8/26 09:04 AM'],
    ['15:04:05.000', '09:04:05.060'],
    ['15:04:05,000000000', '09:04:05,060000000'],
    ['15:04:05.999999999 -0700', '09:04:05.06 +0200'],
    ['15:04:05.99', '09:04:05.06'],
    ['15:04:05.9', '09:04:05'],
    ['002 __2 Z0700 Z07 -07:00 -07', '067  67 +0200 +02 +02:00 +02'],
    ['[log] Month Janitor _2006', '[log] Month Janitor _2026'],
  ] as const) {
    it(`writes Go's ${layout}`, () => {
      assert.equal(format(layout, morning), expected)
    })
  }

  for (const [layout, expected] of [
    ['%Y-%m-%dT%H:%M:%S.%L%:z', '2026-03-08T09:04:05.060+02:00'],
    ['%F %T.%f %z %Z', '2026-03-08 09:04:05.060000 +0200 CEST'],
    ['%a %b %e %k:%M %p %P', 'Sun Mar  8  9:04 AM am'],
    ['%A %B %d %y %I %l %j %h %R %D %N', 'Sunday March 08 26 09  9 067 Mar 09:04 03/08/26 060000000'],
    ['%c|%s|100%%|2006%n%t', 'Sun Mar  8 09:04:05 2026|1772953445|100%|2006\n\t'],
  ] as const) {
    it(`writes strftime's ${layout}`, () => {
      assert.equal(format(layout, morning), expected)
    })
  }

  it('writes the zone as it is at that time', () => {
    assert.equal(format('2006-01-02T15:04:05Z07:00', night, utc), '2024-12-31T22:59:59Z')
    assert.equal(format('2006-01-02 15:04 Z0700 Z07 MST', night, utc), '2024-12-31 22:59 Z Z UTC')
    assert.equal(format('2006-01-02 15:04 -07:00 MST', night, kolkata), '2025-01-01 04:29 +05:30 +0530')
    assert.equal(format('2006-01-02 15:04 -0700 -07', night, newfoundland), '2024-12-31 19:29 -0330 -03')
    assert.equal(format('%j %I %p MST', night, utc), '366 10 PM MST')
    const changing = compileTimeLayout('15:04', (timeMs) => (timeMs < night ? utc : berlin))
    assert.deepEqual([changing(night - 60_000), changing(night), changing(night - 60_000)], ['22:58', '00:59', '22:58'])
  })

  it('writes noon and midnight on a clock of twelve hours', () => {
    const noon = Date.UTC(2026, 0, 1, 12)
    assert.equal(format('3 03 PM', noon, utc), '12 12 PM')
    assert.equal(format('3 03 PM', noon - 43_200_000, utc), '12 12 AM')
  })

  it('refuses what strftime does not have, and a layout without an end', () => {
    for (const layout of ['%Q', '%Y %', '%:Y']) {
      assert.throws(() => format(layout, morning), { code: 'BAD_TIME_LAYOUT', message: /unknown conversion "%/ })
    }
    assert.throws(() => format('x'.repeat(257), morning), { code: 'BAD_TIME_LAYOUT', message: /more than 256/ })
  })
})

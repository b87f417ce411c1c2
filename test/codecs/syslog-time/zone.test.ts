import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { syslogTime } from '../../../src/codecs/syslog-time/message-time.ts'
import { isTimeZone, namedZone } from '../../../src/codecs/syslog-time/zone.ts'
import { testedNode } from '../../support/tested-node.ts'

function timeOf(stamp: string, received: string, zoneName: string): string {
  const message = Buffer.from(`<13>${stamp} h x`)
  const time = syslogTime(message, 0, message.length, Date.parse(received), namedZone(zoneName))
  return typeof time === 'number' ? new Date(time).toISOString() : time
}

describe('A time zone', () => {
  it('has an IANA name', () => {
    for (const name of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'EST5EDT', 'Etc/GMT-5'])
      assert.ok(isTimeZone(name), name)
    for (const name of ['', 'Berlin', '+05:30', 'Europe/Berlin ', '../etc/passwd', 'x'.repeat(10_000)]) {
      assert.ok(!isTimeZone(name), name)
    }
    assert.throws(() => namedZone('Mars/Olympus'), { code: 'BAD_TIME_ZONE' })
  })

  it('applies to times of RFC 3164, with half hours and summer time', () => {
    const cases: [string, string, string][] = [
      ['Jun  1 12:00:00 2018', 'Asia/Kolkata', '2018-06-01T06:30:00.000Z'],
      ['Jun  1 12:00:00 2018', 'Europe/Berlin', '2018-06-01T10:00:00.000Z'],
      ['Jan  1 00:30:00 2018', 'Europe/Berlin', '2017-12-31T23:30:00.000Z'],
      ['Dec 31 23:30:00 2017', 'America/Los_Angeles', '2018-01-01T07:30:00.000Z'],
      ['Jun  1 12:00:00 2018', 'Australia/Lord_Howe', '2018-06-01T01:30:00.000Z'],
      ['Jan  1 12:00:00 2018', 'Australia/Lord_Howe', '2018-01-01T01:00:00.000Z'],
      ['Jan  1 12:00:00 2018', 'Pacific/Kiritimati', '2017-12-31T22:00:00.000Z'],
      ['Jan  1 12:00:00 1971', 'Africa/Monrovia', '1971-01-01T12:44:30.000Z'],
      // Summer time rests during Ramadan.
      ['May 20 12:00:00 2018', 'Africa/Casablanca', '2018-05-20T12:00:00.000Z'],
      ['May  1 12:00:00 2018', 'Africa/Casablanca', '2018-05-01T11:00:00.000Z'],
      ['Jul  1 12:00:00 2018', 'Africa/Casablanca', '2018-07-01T11:00:00.000Z'],
    ]
    for (const [stamp, zone, time] of cases) assert.equal(timeOf(stamp, '2018-06-01T00:00:00Z', zone), time, zone)
  })

  it('takes the offset after it for a time which is left out, and the first of one which comes twice', () => {
    const cases: [string, string, string][] = [
      ['Mar 11 01:59:59 2018', 'America/New_York', '2018-03-11T06:59:59.000Z'],
      ['Mar 11 02:30:00 2018', 'America/New_York', '2018-03-11T06:30:00.000Z'], // left out
      ['Mar 11 03:00:00 2018', 'America/New_York', '2018-03-11T07:00:00.000Z'],
      ['Nov  4 00:59:59 2018', 'America/New_York', '2018-11-04T04:59:59.000Z'],
      ['Nov  4 01:30:00 2018', 'America/New_York', '2018-11-04T05:30:00.000Z'], // twice
      ['Nov  4 02:00:00 2018', 'America/New_York', '2018-11-04T07:00:00.000Z'],
      ['Mar 25 02:30:00 2018', 'Europe/Berlin', '2018-03-25T00:30:00.000Z'], // left out
      ['Oct 28 02:30:00 2018', 'Europe/Berlin', '2018-10-28T00:30:00.000Z'], // twice
      ['Oct 28 03:00:00 2018', 'Europe/Berlin', '2018-10-28T02:00:00.000Z'],
      ['Oct  7 02:15:00 2018', 'Australia/Lord_Howe', '2018-10-06T15:15:00.000Z'], // left out, half an hour
    ]
    for (const [stamp, zone, time] of cases) assert.equal(timeOf(stamp, '2018-06-01T00:00:00Z', zone), time, stamp)
  })

  it('shows the time which it is read from, wherever clocks are', () => {
    const anyZone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))
    const anyTime = fc.integer({ min: 0, max: Date.parse('2099-12-30T00:00:00Z') / 1000 })
    fc.assert(
      fc.property(anyZone, anyTime, (name, second) => {
        const shown = new Intl.DateTimeFormat('en-US', {
          timeZone: name,
          hourCycle: 'h23',
          dateStyle: 'medium',
          timeStyle: 'medium',
        }).format(second * 1000)
        const [, month, day, year, clock] = /^(\w+) (\d+), (\d+), ([\d:]+)$/.exec(shown) ?? []
        if (year === '1969') return
        const time = Date.parse(timeOf(`${month} ${day} ${clock} ${year}`, '2018-06-01T00:00:00Z', name))
        // The first of two which look the same.
        const isSame = time === second * 1000
        const isTwin = time < second * 1000 && second * 1000 - time <= 86_400_000
        assert.ok(isSame || (isTwin && sameClock(name, time, second * 1000)), `${name} ${shown}`)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('The year of a time without one', () => {
  it('makes it the latest at most 48 hours after the receipt', () => {
    const cases: [string, string, string, string?][] = [
      ['Dec 31 23:59:59', '2018-01-01T00:00:01Z', '2017-12-31T23:59:59.000Z'],
      ['Jan  1 00:00:01', '2017-12-31T23:59:59Z', '2018-01-01T00:00:01.000Z'],
      ['Jun  3 12:00:00', '2018-06-01T12:00:00Z', '2018-06-03T12:00:00.000Z'],
      ['Jun  3 12:00:01', '2018-06-01T12:00:00Z', '2017-06-03T12:00:01.000Z'],
      ['Jan  2 23:59:59', '2017-12-31T23:59:59Z', '2018-01-02T23:59:59.000Z'],
      ['Jan  3 00:00:00', '2017-12-31T23:59:59Z', '2017-01-03T00:00:00.000Z'],
      ['Jun  2 00:00:00', '2018-06-01T12:00:00Z', '2018-06-02T00:00:00.000Z'],
      // Whose year is meant is that of the zone.
      ['Jan  1 10:00:00', '2017-12-31T20:00:00Z', '2017-12-31T20:00:00.000Z', 'Pacific/Kiritimati'],
      ['Dec 31 21:00:00', '2018-01-01T05:00:00Z', '2018-01-01T05:00:00.000Z', 'America/Los_Angeles'],
      ['Jan  3 00:00:00', '2018-01-01T05:00:00Z', '2017-01-03T08:00:00.000Z', 'America/Los_Angeles'],
    ]
    for (const [stamp, received, time, zone = 'UTC'] of cases) {
      assert.equal(timeOf(stamp, received, zone), time, `${stamp} received ${received}`)
    }
  })

  it('is a leap year on 29 February', () => {
    const cases: [string, string][] = [
      ['2016-02-29T10:00:00Z', '2016-02-29T10:00:00.000Z'],
      ['2016-02-27T09:59:59Z', 'impossible_date'],
      ['2016-02-27T10:00:00Z', '2016-02-29T10:00:00.000Z'],
      ['2017-12-31T23:59:59Z', '2016-02-29T10:00:00.000Z'],
      ['2018-01-01T00:00:00Z', 'impossible_date'],
      ['2018-06-01T00:00:00Z', 'impossible_date'],
      ['2019-12-31T23:59:59Z', 'impossible_date'],
    ]
    for (const [received, time] of cases) assert.equal(timeOf('Feb 29 10:00:00', received, 'UTC'), time, received)
    // There it is 2018 already.
    assert.equal(timeOf('Feb 29 10:00:00', '2017-12-31T23:59:59Z', 'Pacific/Kiritimati'), 'impossible_date')
  })
})

describe('The zone of the machine', () => {
  it('fault 23: changes no time', function () {
    this.timeout(30_000)
    const program = `
      import { namedZone } from ${JSON.stringify(import.meta.resolve('../../../src/codecs/syslog-time/zone.ts'))}
      import { syslogTime } from ${JSON.stringify(import.meta.resolve('../../../src/codecs/syslog-time/message-time.ts'))}
      import { CefTimes } from ${JSON.stringify(import.meta.resolve('../../../src/codecs/cef-time.ts'))}
      const zones = ['UTC', 'Europe/Berlin'].map(namedZone)
      const received = Date.UTC(2018, 0, 1, 0, 30)
      const texts = ['<13>Dec 31 23:59:59 h', '<13>Jan  1 00:30:00 h', '<13>Mar 25 02:30:00 2018 h',
        '<13>1 2018-02-21T21:07:50Z h', '<13>tag: x', '<13>Feb 29 10:00:00 h']
      const cef = Buffer.from('CEF:0|a|b|c|d|e|f|rt=Jul 01 2018 10:00:00')
      console.log(JSON.stringify(zones.map((zone) => [
        ...texts.map((text) => syslogTime(Buffer.from(text), 0, text.length, received, zone)),
        new CefTimes(zone).timeOf(cef, received),
      ])), Intl.DateTimeFormat().resolvedOptions().timeZone)`
    const run = (TZ: string): string =>
      execFileSync(testedNode, ['--input-type=module', '-e', program], { env: { TZ }, encoding: 'utf8' })
    const [times, machine] = run('Asia/Kolkata').trim().split(' ')
    assert.match(String(machine), /Asia\/(Kolkata|Calcutta)/)
    for (const TZ of ['UTC', 'America/New_York']) assert.equal(run(TZ).split(' ')[0], times, TZ)
    assert.deepEqual(JSON.parse(String(times)), [
      [1514764799000, 1514766600000, 1521945000000, 1519247270000, 'no_time', 'impossible_date', 1530439200000],
      [1514761199000, 1514763000000, 1521937800000, 1519247270000, 'no_time', 'impossible_date', 1530432000000],
    ])
  })
})

function sameClock(timeZone: string, oneMs: number, otherMs: number): boolean {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, dateStyle: 'medium', timeStyle: 'medium' })
  return format.format(oneMs) === format.format(otherMs)
}

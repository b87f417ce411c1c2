import assert from 'node:assert/strict'
import fc from 'fast-check'
import { syslogTime } from '../../../src/codecs/syslog-time/message-time.ts'
import { namedZone } from '../../../src/codecs/syslog-time/zone.ts'

const utc = namedZone('UTC')
const received = Date.parse('2018-06-01T12:00:00Z')

function timeOf(text: string | Buffer, receivedMs = received, zone = utc): number | string {
  const message = Buffer.from(text)
  const { length } = message
  const time = syslogTime(message, 0, length, receivedMs, zone)
  // Whatever its neighbours are.
  for (const neighbour of ['0', '9', ' ', '.', ':', '-', '+', 'Z', '00:00 ', ' 2017 ', '.5Z ', ' 22:14:15']) {
    const memory = Buffer.from(neighbour + message.toString('latin1') + neighbour, 'latin1')
    const start = neighbour.length
    assert.equal(syslogTime(memory, start, start + length, receivedMs, zone), time, `between "${neighbour}"`)
  }
  return time
}

describe('The time of a syslog message', () => {
  describe('fault 1: by the table of what is required', () => {
    const newYear = Date.parse('2018-01-01T00:00:01Z')
    const newYearsEve = Date.parse('2017-12-31T23:59:59Z')
    const rows: [string, number | string, number?][] = [
      ['<13>1 2018-02-21T21:07:50.239881+00:00 host app 1 2 - m', 1519247270240],
      ['<13>1 2018-02-21T21:07:50.239+05:30 host app 1 2 - m', 1519227470239],
      ['<13>1 2018-02-21T21:07:50.239881123Z host app 1 2 - m', 1519247270240],
      ['<13>2018-02-21T21:07:50.239881+00:00 host tag: m', 1519247270240],
      ['<13>1 - host app 1 2 - nil', 'nil'],
      ['<34>Oct 11 22:14:15 mymachine su: x', Date.parse('2017-10-11T22:14:15Z')],
      ['<34>Oct 11 22:14:15 2017 mymachine su: x', 1507760055000],
      ['<13>Dec 31 23:59:59 h x', Date.parse('2017-12-31T23:59:59Z'), newYear],
      ['<13>Jan  1 00:00:01 h x', Date.parse('2018-01-01T00:00:01Z'), newYearsEve],
      ['<13>Feb 29 10:00:00 h x', 'impossible_date'],
      ['<34>Oct 11 22:14:15 20ab su: no year', Date.parse('2017-10-11T22:14:15Z')],
      ['<13>tag: no ts', 'no_time'],
      ['no pri at all', 'no_time'],
      ['<13>verylongtokenwithoutanyspaceinside12345 rest', 'no_time'],
      ['<189>123: *Mar  1 00:00:01.123: %SYS-5-CONFIG_I: x', 'clock_not_set'],
      ['<999>1 2018-02-21T21:07:50.239881+00:00 host', 'bad_pri'],
    ]
    for (const [text, time, receivedMs] of rows) {
      it(text, () => {
        assert.equal(timeOf(text, receivedMs), time)
      })
    }
  })

  it('in ISO form', () => {
    const at = Date.parse('2018-02-21T21:07:50Z')
    const cases: [string, number | string][] = [
      ['2018-02-21T21:07:50Z', at],
      ['2018-02-21t21:07:50z host', at],
      ['2018-02-21T21:07:50Z: %LINK', at],
      ['2018-02-21T21:07:50.0004999999Z', at],
      ['2018-02-21T21:07:50.0005Z', at + 1],
      ['2018-02-21T21:07:50.9995Z', at + 1000],
      [`2018-02-21T21:07:50.1${'0'.repeat(5000)}Z x`, at + 100],
      ['2018-02-21T21:07:50.5-23:59', at + 500 + 1439 * 60_000],
      ['2016-12-31T23:59:60Z', Date.parse('2017-01-01T00:00:00Z')],
      ['2016-12-31T23:59:60.25+00:00', Date.parse('2017-01-01T00:00:00.250Z')],
      ['1969-12-31T23:59:59.9985Z', -1],
      ['0000-01-01T00:00:00Z', Date.parse('0000-01-01T00:00:00Z')],
      ['2016-02-29T00:00:00Z', Date.parse('2016-02-29T00:00:00Z')],
      ['2018-02-29T00:00:00Z', 'impossible_date'],
      ['2018-13-01T00:00:00Z', 'impossible_date'],
      ['2018-00-01T00:00:00Z', 'impossible_date'],
      ['2018-04-31T00:00:00Z', 'impossible_date'],
      ['2018-04-00T00:00:00Z', 'impossible_date'],
      ['2018-02-21T24:00:00Z', 'impossible_date'],
      ['2018-02-21T21:60:00Z', 'impossible_date'],
      ['2018-02-21T21:07:61Z', 'impossible_date'],
      ['2018-02-21T21:07:50+24:00', 'impossible_date'],
      ['2018-02-21T21:07:50', 'no_time'],
      ['2018-02-21T21:07:50.Z', 'no_time'],
      ['2018-02-21T21:07:50+0530 h', 'no_time'],
      ['2018-02-21T21:07:50+05:3 h', 'no_time'],
      ['2018-02-21T21:07:50Zulu', 'no_time'],
      ['2018-02-21T21:07:50+05:300', 'no_time'],
      ['2018-02-21 21:07:50Z', 'no_time'],
      ['2018-02-21T21:07:5xZ h', 'no_time'],
      ['2018-02-21T21:0', 'no_time'],
    ]
    for (const [text, time] of cases) {
      assert.equal(timeOf(text), time, text)
      assert.equal(timeOf(`<13>1 ${text}`), time, text)
      assert.equal(timeOf(`<13>${text}`), time, text)
    }
  })

  it('in the form of RFC 3164', () => {
    const at = Date.parse('2018-05-01T22:14:15Z')
    const cases: [string, number | string][] = [
      ['May  1 22:14:15 h', at],
      ['May 1 22:14:15 h', at],
      ['May 01 22:14:15 h', at],
      ['May  1 22:14:15', at],
      ['May  1 22:14:15: x', at],
      ['May  1 22:14:15.', at],
      ['May  1 22:14:15.1239 h', at + 124],
      ['May  1 22:14:60 h', at + 45_000],
      ['May  1 2018 22:14:15 h', at],
      ['May  1 2018 22:14:15: %ASA-6-1', at],
      ['May  1 22:14:15 2018 h', at],
      ['May  1 22:14:15 2018', at],
      ['May  1 22:14:15.5 2018: h', at + 500],
      ['May  1 22:14:15 1984 h', Date.parse('1984-05-01T22:14:15Z')],
      ['May  1 22:14:15 8080 is the port', at],
      ['May  1 22:14:15 1969 h', at],
      ['May  1 22:14:15 2017x h', at],
      ['123: May  1 22:14:15: %SYS', at],
      ['0000123: May  1 22:14:15.250: %SYS', at + 250],
      ['4294967295: 2018-05-01T22:14:15Z: %SYS', at],
      ['123: *May  1 22:14:15: %SYS', 'clock_not_set'],
      ['*May  1 22:14:15: %SYS', 'clock_not_set'],
      ['*** stars', 'no_time'],
      ['123: tag', 'no_time'],
      ['123456', 'no_time'],
      ['Feb 30 22:14:15 h', 'impossible_date'],
      ['May 32 22:14:15 h', 'impossible_date'],
      ['May  0 22:14:15 h', 'impossible_date'],
      ['May  1 24:14:15 h', 'impossible_date'],
      ['May  1 22:60:15 h', 'impossible_date'],
      ['May  1 22:14:61 h', 'impossible_date'],
      ['Feb 29 22:14:15 2017 h', 'impossible_date'],
      ['may  1 22:14:15 h', 'no_time'],
      ['Mai  1 22:14:15 h', 'no_time'],
      ['May   1 22:14:15 h', 'no_time'],
      ['May 1  22:14:15 h', 'no_time'],
      ['May 001 22:14:15 h', 'no_time'],
      ['May  1 2:14:15 h', 'no_time'],
      ['May  1 22:14 h', 'no_time'],
      ['May  1 22:14:155 h', 'no_time'],
      ['May  1 22:14:15Z h', 'no_time'],
      ['May', 'no_time'],
      ['', 'no_time'],
    ]
    for (const [text, time] of cases) {
      assert.equal(timeOf(text), time, text)
      assert.equal(timeOf(`<189>${text}`), time, text)
    }
  })

  it('is sought behind a valid PRI only', () => {
    const rest = '2018-02-21T21:07:50Z h'
    for (const pri of ['<0>', '<191>', '<013>', '<13>1 ']) assert.equal(timeOf(pri + rest), 1519247270000, pri)
    for (const pri of ['<192>', '<999>', '<1000>', '<>', '<x>', '<13', '<-1>', '<', '< 13>', '<0013>']) {
      assert.equal(timeOf(pri + rest), 'bad_pri', pri)
    }
    for (const pri of [' <13>', '<13> ', '<13>2 ', '<13>1', '1 ', '<13>1  ']) {
      assert.equal(timeOf(pri + rest), 'no_time', pri)
    }
    for (const text of ['<13>1 -', '<13>1 - h']) assert.equal(timeOf(text), 'nil', text)
    for (const text of ['<13>- h', '- h', '<13>1 -x h']) assert.equal(timeOf(text), 'no_time', text)
  })

  it('agrees with Date on generated stamps', () => {
    const anyTime = fc.date({
      min: new Date('1970-01-01T00:00:00Z'),
      max: new Date('2099-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    const anyOffset = fc.integer({ min: -1439, max: 1439 })
    fc.assert(
      fc.property(anyTime, anyOffset, fc.stringMatching(/^\d{0,12}$/), (date, offset, fraction) => {
        const second = Math.floor(date.getTime() / 1000)
        const iso = new Date(second * 1000 + offset * 60_000).toISOString().slice(0, 19)
        const text = `${iso}${fraction === '' ? '' : `.${fraction}`}${offsetText(offset)}`
        const expected = second * 1000 + Number((BigInt(fraction.padEnd(12, '0')) + 500_000_000n) / 1_000_000_000n)
        assert.equal(timeOf(`<13>1 ${text} h`), expected, text)

        const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? []
        const asSeconds = Math.floor(date.getTime() / 1000) * 1000
        const stamp = `${month} ${String(Number(day)).padStart(2)}`
        assert.equal(timeOf(`<13>${stamp} ${clock} ${year} h`), asSeconds, text)
        assert.equal(timeOf(`<13>${stamp} ${year} ${clock} h`), asSeconds, text)
        // Received any time from two days before it to 300 days after it.
        assert.equal(timeOf(`<13>${stamp} ${clock} h`, asSeconds - 172_800_000), asSeconds, text)
        assert.equal(timeOf(`<13>${stamp} ${clock} h`, asSeconds + 300 * 86_400_000), asSeconds, text)
      }),
      { numRuns: 2000 },
    )
  })

  it('never throws, whatever the bytes', () => {
    const seeds = [
      '<13>1 2018-02-21T21:07:50.239881+00:00 host app',
      '<34>Oct 11 22:14:15.123 2017 mymachine su: x',
      '<189>123: *Mar  1 00:00:01.123: %SYS',
    ]
    const anyMutation = fc.array(fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 255 })), { maxLength: 4 })
    fc.assert(
      fc.property(fc.constantFrom(...seeds), anyMutation, fc.nat({ max: 50 }), (seed, mutations, length) => {
        const bytes = Buffer.from(seed)
        for (const [at, byte] of mutations) bytes[at % bytes.length] = byte
        for (const message of [bytes, bytes.subarray(0, length)]) {
          const time = timeOf(message)
          assert.ok(typeof time === 'string' || Number.isSafeInteger(time), String(time))
        }
      }),
      { numRuns: 5000 },
    )
  })
})

function offsetText(minutes: number): string {
  if (minutes === 0) return 'Z'
  const size = Math.abs(minutes)
  const digits = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0'))
  return `${minutes < 0 ? '-' : '+'}${digits.join(':')}`
}

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { CefTimes } from '../../src/codecs/cef-time.ts'
import { RecordMaker } from '../../src/codecs/relay-record/record-maker.ts'
import { namedZone } from '../../src/codecs/syslog-time/zone.ts'
import { Counters } from '../../src/core/metrics.ts'
import { messagesOf } from '../support/messages-of.ts'

const folder = new URL('../fixtures/cef/', import.meta.url)
const received = Date.parse('2018-06-01T12:00:00Z')

function timeOf(extension: string, zone = 'UTC'): number | undefined {
  const message = Buffer.from(`CEF:0|v|p|1|100|n|3|${extension}`)
  return new CefTimes(namedZone(zone)).timeOf(message, received)
}

describe('A CEF message', () => {
  const names = readdirSync(folder).filter((name) => name.endsWith('.in'))
  for (const name of names) {
    it(`becomes what stands beside it: ${name}`, () => {
      const message = readFileSync(new URL(name, folder))
      const expected = JSON.parse(readFileSync(new URL(name.replace('.in', '.json'), folder), 'utf8')) as Golden
      const counters = new Counters()
      const maker = new RecordMaker({ owner: '1', groupPrefix: '/k', timeZone: 'UTC', counters })
      maker.add({
        format: 'syslog',
        address: '10.0.0.1',
        port: 514,
        receivedMs: expected.receivedMs,
        firstId: '363f3136-9356-443b-9eee-ce72d32d2307',
        messages: messagesOf([message]),
      })
      const [record] = maker.finish().records
      const { logEvents } = JSON.parse(gunzipSync(record?.bytes ?? '').toString()) as { logEvents: unknown }
      const { timestamp } = expected
      assert.deepEqual(logEvents, [
        { id: '363f3136-9356-443b-9eee-ce72d32d2307', timestamp, message: expected.message },
      ])
      const fallbacks = expected.fallback === null ? {} : { [`time_fallback.${expected.fallback}`]: 1 }
      assert.deepEqual(counters.snapshot(), { ...fallbacks, records: 1 })
    })
  }

  it('has its zone, or the one which is set', () => {
    assert.equal(timeOf('rt=Feb 21 2018 21:07:50', 'Asia/Kolkata'), Date.parse('2018-02-21T21:07:50+05:30'))
    const zones: [string, string | undefined][] = [
      ['UTC', 'Z'],
      ['GMT', 'Z'],
      ['PST', '-08:00'],
      ['EDT', '-04:00'],
      ['-0330', '-03:30'],
      ['+02:00', '+02:00'],
      ['UTC+2:00', '+02:00'],
      ['America/New_York', '-05:00'],
      ['CET', undefined],
      ['IST', undefined],
      ['+99:00', undefined],
      ['Mars/Olympus', undefined],
    ]
    for (const [zone, offset] of zones) {
      const expected = offset === undefined ? undefined : Date.parse(`2018-02-21T21:07:50${offset}`)
      assert.equal(timeOf(`rt=Feb 21 2018 21:07:50 ${zone} msg=x`, 'Asia/Kolkata'), expected, zone)
    }
  })

  it('is looked at no further than 32 KiB, and 1 KiB for its beginning', () => {
    assert.equal(timeOf(`msg=${'x'.repeat(32_000)} rt=1519247270240`), 1519247270240)
    assert.equal(timeOf(`msg=${'x'.repeat(33_000)} rt=1519247270240`), undefined)
    const cef = 'CEF:0|v|p|1|100|n|3|rt=1519247270240'
    const times = new CefTimes(namedZone('UTC'))
    assert.equal(times.timeOf(Buffer.from(`${'x'.repeat(900)} ${cef}`), received), 1519247270240)
    assert.equal(times.timeOf(Buffer.from(`${'x'.repeat(1100)} ${cef}`), received), undefined)
  })

  it('names as many zones as it likes', () => {
    const times = new CefTimes(namedZone('UTC'))
    for (const zone of Intl.supportedValuesOf('timeZone').slice(0, 200)) {
      const message = Buffer.from(`CEF:0|v|p|1|100|n|3|rt=Feb 21 2018 21:07:50 ${zone}`)
      const expected = zone.includes('/')
      assert.equal(times.timeOf(message, received) !== undefined, expected, zone)
    }
  })

  it('never throws', () => {
    const anyPiece = fc.constantFrom(
      'CEF:0|',
      '|',
      '\\',
      ' rt=',
      'end=',
      '=',
      'Feb 21 2018 21:07:50',
      ' EST',
      '1519',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(anyPiece, fc.string({ maxLength: 3 })), { maxLength: 20 }), (pieces) => {
        const times = new CefTimes(namedZone('UTC'))
        const time = times.timeOf(Buffer.from(`CEF:0|v|p|1|100|n|3|${pieces.join('')}`), received)
        assert.ok(time === undefined || Number.isSafeInteger(time))
      }),
      { numRuns: 300 },
    )
  })
})

interface Golden {
  readonly receivedMs: number
  readonly timestamp: number
  readonly fallback: string | null
  readonly message: string
}

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { formatRfc3339, parseRfc3339, Rfc3339Reader } from '../../src/codecs/rfc3339.ts'

describe('RFC 3339 times', () => {
  it('keep their nanoseconds and know offsets', () => {
    const noon = 1493640000
    const cases: [string, number, number][] = [
      ['2017-05-01T12:00:00Z', noon, 0],
      ['2017-05-01t12:00:00z', noon, 0],
      ['2017-05-01T12:00:00.1Z', noon, 100_000_000],
      ['2017-05-01T12:00:00.123456789Z', noon, 123_456_789],
      ['2017-05-01T12:00:00.1234567899Z', noon, 123_456_789],
      ['2017-05-01T14:00:00+02:00', noon, 0],
      ['2017-05-01T06:30:00.5-05:30', noon, 500_000_000],
      ['1969-12-31T23:59:59.999999999Z', -1, 999_999_999],
      ['2016-02-29T00:00:00Z', 1456704000, 0],
      ['0000-01-01T00:00:00Z', -62_167_219_200, 0],
      ['9999-12-31T23:59:59Z', 253_402_300_799, 0],
    ]
    for (const [text, seconds, nanos] of cases) assert.deepEqual(parseRfc3339(text), { seconds, nanos }, text)
  })

  it('are nothing when they are none', () => {
    const texts = [
      '',
      '2017-05-01',
      '2017-05-01T12:00:00',
      '2017-05-01T12:00:00.Z',
      '2017-05-01 12:00:00Z',
      '2017-13-01T12:00:00Z',
      '2017-00-01T12:00:00Z',
      '2017-02-29T12:00:00Z',
      '1900-02-29T12:00:00Z',
      '2017-05-32T12:00:00Z',
      '2017-04-31T12:00:00Z',
      '2017-05-01T24:00:00Z',
      '2017-05-01T12:60:00Z',
      '2017-05-01T12:00:60Z',
      '2017-05-01T12:00:00ZZ',
      '2017-05-01T12:00:00+2:00',
      '2017-05-01T12:00:00+24:00',
      '2017-05-01T12:00:00+0200',
      '2o17-05-01T12:00:00Z',
      '2017-05-01T12:00:00.12x',
    ]
    for (const text of texts) assert.equal(parseRfc3339(text), undefined, text)
  })

  it('agree with Date, and come back from their text', () => {
    const anyTime = fc.record(
      {
        seconds: fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
        nanos: fc.integer({ min: 0, max: 999_999_999 }),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(anyTime, (time) => {
        const text = formatRfc3339(time) ?? ''
        assert.deepEqual(parseRfc3339(`x${text}y`, 1, text.length + 1), time)
        assert.equal(Math.floor(Date.parse(text) / 1000), time.seconds)
      }),
    )
    assert.equal(formatRfc3339({ seconds: 253_402_300_800, nanos: 0 }), undefined)
    assert.equal(formatRfc3339({ seconds: Number.NaN, nanos: 0 }), undefined)
  })

  it('in a row are read as each alone', () => {
    const texts = fc.array(
      fc
        .tuple(
          fc.constantFrom('2017-05-01T12:00:00', '2017-05-01T12:00:01', '2017-05-01T12:00:0'),
          fc.constantFrom('', '.5', '.000000001'),
          fc.constantFrom('Z', '+01:00', 'z', '', 'x'),
        )
        .map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, (row) => {
        const reader = new Rfc3339Reader()
        for (const text of row) assert.deepEqual(reader.parse(text, 0, text.length), parseRfc3339(text))
      }),
    )
  })
})

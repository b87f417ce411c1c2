import assert from 'node:assert/strict'
import { goString, goTime } from '../../src/codecs/go-json.ts'

describe('JSON as Go writes it', () => {
  it('escapes what would mean something in HTML or JavaScript', () => {
    assert.equal(goString('plain "text"\n\\'), '"plain \\"text\\"\\n\\\\"')
    assert.equal(goString('<a href="?x&y">'), '"\\u003ca href=\\"?x\\u0026y\\"\\u003e"')
    assert.equal(goString('\u2028\u2029ä\u{1f600}'), '"\\u2028\\u2029ä\u{1f600}"')
    assert.equal(goString('\u0001\t\u007f'), '"\\u0001\\t\u007f"')
  })

  it('replaces a lone surrogate, and nothing that looks like one', () => {
    assert.equal(goString('a\ud800b\udc00'), '"a\ufffdb\ufffd"')
    assert.equal(goString('C:\\udir'), '"C:\\\\udir"')
  })

  it('keeps the zone of a time, and drops zeros at the end of its fraction', () => {
    for (const [text, written] of [
      ['2017-05-01T12:00:00Z', '2017-05-01T12:00:00Z'],
      ['2017-05-01T12:00:00.123456789Z', '2017-05-01T12:00:00.123456789Z'],
      ['2017-05-01T12:00:00.120Z', '2017-05-01T12:00:00.12Z'],
      ['2017-05-01T12:00:00.000Z', '2017-05-01T12:00:00Z'],
      ['2017-05-01T12:00:00.1234567899Z', '2017-05-01T12:00:00.123456789Z'],
      ['2017-05-01T14:00:00.5+02:00', '2017-05-01T14:00:00.5+02:00'],
      ['2017-05-01T14:00:00.10-00:00', '2017-05-01T14:00:00.1Z'],
      ['2017-05-01t14:00:00z', '2017-05-01T14:00:00Z'],
    ] as const) {
      assert.equal(goTime(text), `"${written}"`)
    }
    for (const text of ['', 'yesterday', '2017-05-01T12:00:00.Z', '2017-02-30T12:00:00Z']) {
      assert.equal(goTime(text), undefined, text)
    }
  })
})

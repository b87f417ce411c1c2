import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { autoDecoder } from '../../src/codecs/auto.ts'
import { jsonLinesDecoder } from '../../src/codecs/json-lines.ts'
import { SplunkXmlEncoder } from '../../src/codecs/splunk-xml.ts'
import { Counters } from '../../src/core/metrics.ts'

describe('a payload which is made to hurt', () => {
  const bomb = (text: string): Buffer => gzipSync(text.repeat(Math.floor((24 * 1024 * 1024) / text.length)))

  for (const [name, text, decoder] of [
    ['empty objects', '{}', jsonLinesDecoder],
    ['one-letter lines', 'a\n', autoDecoder],
  ] as const) {
    it(`${name}: no more than 500,000 events, and an error`, () => {
      const { items, error } = decoder.decode(bomb(text))
      assert.equal(items.length, 500_000)
      assert.match(String(error), /more than 500000 events/)
    })
  }

  it('characters to replace are counted without a list of them', () => {
    const counters = new Counters()
    const before = process.memoryUsage().rss
    const { items } = autoDecoder.decode(bomb('\0'))
    new SplunkXmlEncoder({ counters }).encode(items)
    assert.equal(counters.get('replaced_characters'), 24 * 1024 * 1024)
    assert.ok(process.memoryUsage().rss - before < 1024 ** 3)
  })
})

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { jsonLinesDecoder } from '../../src/codecs/json-lines.ts'
import { bothWays, messagesOf } from './both-ways.ts'

describe('json', () => {
  it('makes an event of each object, as it stood', () => {
    bothWays(jsonLinesDecoder, '', [])
    bothWays(jsonLinesDecoder, ' {"a": 1}\n', ['{"a": 1}'])
    bothWays(jsonLinesDecoder, '{"a":1}{"b":"}"}\r\n[{"c":2}]', ['{"a":1}', '{"b":"}"}', '[{"c":2}]'])
    bothWays(jsonLinesDecoder, '{"a":"\\\\"}{"b":"\\\"}"}{"c":"\\\\\\""}', [
      '{"a":"\\\\"}',
      '{"b":"\\\"}"}',
      '{"c":"\\\\\\""}',
    ])
    bothWays(jsonLinesDecoder, '{"é":"日本"}{"a":1}', ['{"é":"日本"}', '{"a":1}'])
  })

  it('keeps what precedes something else', () => {
    for (const rest of ['plain', '"text"', '5', '{"b":', '{"b":"', '{"b":"\\', ']', '}']) {
      bothWays(jsonLinesDecoder, `{"a":1}\n${rest}`, ['{"a":1}'], 'JSON_DAMAGED')
    }
    const whole = gzipSync('{"a":1}{"b":2}', { level: 0 })
    assert.deepEqual(messagesOf(jsonLinesDecoder, whole.subarray(0, whole.length - 11)), {
      messages: ['{"a":1}'],
      code: 'GZIP_DAMAGED',
    })
  })

  it('finds any objects and arrays in a row', () => {
    const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
    const space = fc.constantFrom('', ' ', '\n', '\r\n\t')
    fc.assert(
      fc.property(fc.array(fc.tuple(value, space, fc.constantFrom(0, 2))), (row) => {
        const texts = row.map(([json, , indent]) => JSON.stringify(json, null, indent))
        bothWays(jsonLinesDecoder, row.map(([, gap], i) => `${texts[i] ?? ''}${gap}`).join(''), texts)
      }),
    )
  })
})

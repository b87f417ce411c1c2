import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { textDecoder } from '../../src/codecs/text.ts'
import { bothWays, messagesOf } from './both-ways.ts'

describe('text', () => {
  it('makes an event of each line that is not empty', () => {
    bothWays(textDecoder, '', [])
    bothWays(textDecoder, 'one', ['one'])
    bothWays(textDecoder, 'one\r\n\n\r\ntwo\n three\r', ['one', 'two', ' three'])
    bothWays(textDecoder, 'a\rb\r\r\nc', ['a\rb\r', 'c'])
    bothWays(textDecoder, 'ascii\nnaïve 日本\nascii', ['ascii', 'naïve 日本', 'ascii'])
  })

  it('gives strings for ASCII and untouched bytes for the rest', () => {
    const { items } = textDecoder.decode(Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]))
    assert.deepEqual(items, [{ message: 'a' }, { message: Buffer.from([0xff, 0xfe]) }])
  })

  it('cuts as split does', () => {
    const anyText = fc.string({ unit: fc.constantFrom('a', 'é', '\r', '\n', ' ') })
    fc.assert(
      fc.property(anyText, (text) => {
        const lines = text.split('\n').map((line) => line.replace(/\r$/, ''))
        bothWays(
          textDecoder,
          text,
          lines.filter((line) => line !== ''),
        )
      }),
    )
  })

  it('keeps the lines before a damage', () => {
    const lines = Array.from({ length: 1000 }, (_, number) => `line ${number} ${Math.cos(number)}`)
    const whole = gzipSync(lines.join('\n'))
    const { messages, code } = messagesOf(textDecoder, whole.subarray(0, whole.length / 2))
    assert.equal(code, 'GZIP_DAMAGED')
    assert.ok(messages.length > 100)
    assert.deepEqual(messages.slice(0, -1), lines.slice(0, messages.length - 1))
  })
})

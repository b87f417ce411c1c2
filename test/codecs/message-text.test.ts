import assert from 'node:assert/strict'
import fc from 'fast-check'
import { messageText, withInvalidEscaped } from '../../src/codecs/message-text.ts'

describe('The text of a message', () => {
  it('writes each invalid byte as four characters, in lower case', () => {
    const cases: [readonly number[], string, number][] = [
      [[0x61, 0xff, 0x62], 'a\\xffb', 1],
      [[0xe2, 0x82], '\\xe2\\x82', 2], // cut
      [[0xe2, 0x82, 0xac], '€', 0],
      [[0xe2, 0x82, 0x41], '\\xe2\\x82A', 2],
      [[0xc0, 0xaf], '\\xc0\\xaf', 2], // overlong
      [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80', 3], // a surrogate
      [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80', 4], // above U+10FFFF
      [[0xf0, 0x9f, 0x98, 0x80, 0x80], '😀\\x80', 1],
      [[0xe9, 0x74, 0xe9], '\\xe9t\\xe9', 2], // "été" in latin1
      [[], '', 0],
    ]
    for (const [bytes, text, invalidBytes] of cases) {
      assert.deepEqual(messageText(Uint8Array.from(bytes)), { text, invalidBytes }, text)
    }
  })

  it('keeps a byte order mark and NUL', () => {
    const text = '\ufeff<13>a\0b\ufeff'
    assert.deepEqual(messageText(Buffer.from(text)), { text, invalidBytes: 0 })
    const invalid = Buffer.concat([Buffer.from(text), Buffer.from([0xff])])
    assert.deepEqual(messageText(invalid), { text: `${text}\\xff`, invalidBytes: 1 })
  })

  it('is the text itself when that is valid', () => {
    const anyText = fc.string({ unit: 'grapheme', maxLength: 200 })
    fc.assert(
      fc.property(anyText, (text) => {
        const message = new Uint8Array(Buffer.from(text))
        assert.deepEqual(messageText(message), { text: Buffer.from(text).toString(), invalidBytes: 0 })
        assert.deepEqual(withInvalidEscaped(message), { bytes: Buffer.from(text), invalidBytes: 0 })
      }),
    )
  })

  it('agrees with TextDecoder on which bytes are invalid', () => {
    // Lead bytes and continuations, so that valid and nearly valid characters are common.
    const anyByte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf),
    )
    fc.assert(
      fc.property(fc.array(anyByte, { maxLength: 40 }), (bytes) => {
        const message = Uint8Array.from(bytes)
        assert.equal(messageText(message).text, reference(message))
      }),
      { numRuns: 2000 },
    )
  })
})

/** The longest prefix which is a character, or else one invalid byte, by the platform's own decoder. */
function reference(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    let length = 0
    for (let tried = 4; tried >= 1 && length === 0; tried--) {
      if (at + tried > bytes.length) continue
      try {
        const character = decoder.decode(bytes.subarray(at, at + tried))
        if (character.length > (tried === 4 ? 2 : 1)) continue
        text += character
        length = tried
      } catch {
        // No character has this many bytes here.
      }
    }
    if (length === 0) text += `\\x${(bytes[at] ?? 0).toString(16)}`
    at += Math.max(1, length)
  }
  return text
}

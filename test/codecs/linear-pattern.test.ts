import assert from 'node:assert/strict'
import { compileLinearPattern } from '../../src/codecs/linear-pattern.ts'

const finds = (pattern: string, text: string | Uint8Array): boolean =>
  compileLinearPattern(pattern).test(typeof text === 'string' ? Buffer.from(text) : text)

describe('a linear pattern', () => {
  it('is found anywhere, unless it is anchored', () => {
    assert.equal(finds(String.raw`^\d{4}[/-]\d{2}[/-]\d{2}`, '2026-11-20 text'), true)
    assert.equal(finds(String.raw`^\d{4}[/-]\d{2}[/-]\d{2}`, ' 2026-11-20 text'), false)
    assert.equal(finds('ERR|WARN', 'a WARN'), true)
    assert.equal(finds('(?i)err$', 'an ERR'), true)
    assert.equal(finds('', ''), true)
  })

  it('takes the bytes for UTF-8, and any others for something', () => {
    assert.equal(finds('^é.$', 'éß'), true)
    assert.equal(finds(String.raw`^\p{Greek}+$`, 'λόγος'), true)
    assert.equal(finds('^.b$', Buffer.from([0xff, 0x62])), true)
    assert.equal(finds('[^\\x00-\\x7f]', Buffer.from([0x61, 0xc3])), true)
  })

  for (const [pattern, reason] of [
    ['(?=a)', 'look-ahead is not supported, because its time is not bounded: `(?=`'],
    ['(?!a)', 'look-ahead is not supported, because its time is not bounded: `(?!`'],
    ['x(?<=a)b', 'look-behind is not supported, because its time is not bounded: `(?<=a)b`'],
    ['(?<!a)b', 'look-behind is not supported, because its time is not bounded: `(?<!a)b`'],
    [String.raw`(a)\1`, String.raw`a back reference is not supported, because its time is not bounded: ${'`'}\1${'`'}`],
    [
      String.raw`(?<n>a)\k<n>`,
      String.raw`a back reference is not supported, because its time is not bounded: ${'`'}\k${'`'}`,
    ],
    ['(', 'missing closing ): `(`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['a{600}b{600}', 'the pattern is too large; repeat less'],
  ] as const) {
    it(`refuses ${pattern}`, () => {
      assert.throws(() => compileLinearPattern(pattern), {
        code: 'BAD_PATTERN',
        message: `Invalid regular expression: ${reason}.`,
      })
    })
  }

  it('is searched in linear time', () => {
    // An engine which backtracks would not come to an end.
    assert.equal(finds('^(a+)+(a+)+[bc]$', 'a'.repeat(4096)), false)
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Messages } from '../../src/core/messages.ts'

function texts(messages: Messages): string[] {
  return [...messages].map((message) => Buffer.from(message).toString())
}

describe('messages in one piece of memory', () => {
  it('are those between the bounds, in order, as views', () => {
    const bytes = Buffer.from('<13>a\n<13>bc\r\n5 <13>d')
    const messages = new Messages(bytes)
    assert.deepEqual([messages.count, messages.byteLength, messages.start, messages.end], [0, 0, 0, 0])
    messages.add(0, 5)
    messages.add(6, 12)
    messages.add(16, 21)
    assert.deepEqual(texts(messages), ['<13>a', '<13>bc', '<13>d'])
    assert.deepEqual([messages.count, messages.byteLength, messages.start, messages.end], [3, 16, 0, 21])
    assert.deepEqual([...messages.bounds.subarray(0, 6)], [0, 5, 6, 12, 16, 21])
    bytes.fill(0x78)
    assert.deepEqual(texts(messages), ['xxxxx', 'xxxxxx', 'xxxxx'])
  })

  it('may be more than was expected, and joined they are copies without gaps', () => {
    const lists = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(lists, fc.nat(5), (parts, expected) => {
        const bytes = Buffer.from(Array.from({ length: 4000 }, (_, index) => index % 251))
        const messages = new Messages(bytes, expected)
        const expectedTexts: string[] = []
        let at = 0
        for (const [gap, length] of parts) {
          messages.add(at + gap, at + gap + length)
          expectedTexts.push(bytes.toString('utf8', at + gap, at + gap + length))
          at += gap + length
        }
        const joined = Messages.joined(messages, messages.count, messages.byteLength)
        bytes.fill(0)
        assert.deepEqual(texts(joined), expectedTexts)
        assert.deepEqual([joined.count, joined.byteLength], [messages.count, messages.byteLength])
        assert.deepEqual([joined.start, joined.end, joined.bytes.length], [0, joined.byteLength, joined.byteLength])
      }),
    )
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeJournalBlock, encodeJournalBlock, journalBlockBytes } from '../../src/codecs/journal-block.ts'
import type { MessageBlock } from '../../src/core/message-block.ts'
import { messagesOf } from '../support/messages-of.ts'

const block: MessageBlock = {
  format: 'gelf',
  address: '2001:db8::1',
  port: 65_535,
  receivedMs: 1_519_247_270_240,
  messages: messagesOf(['{"a":1}', '', Buffer.from([0, 0xff, 0x0a])]),
}
const firstId = Buffer.from('363f31369356443b9eee000000000001', 'hex')

function encoded(of: MessageBlock, id = firstId): Buffer {
  const bytes = Buffer.alloc(journalBlockBytes(of))
  assert.equal(encodeJournalBlock(of, id, bytes, 0), bytes.length)
  return bytes
}

describe('journal block', () => {
  it('is as it is drawn', () => {
    assert.equal(
      encoded(block).toString('hex'),
      [
        '02' + '02' + 'ffff' + '42761ba31a160000',
        '363f31369356443b9eee000000000001' + '00000003',
        '0b' + Buffer.from('2001:db8::1').toString('hex'),
        '00000000' + '00000007' + '00000008' + '00000008' + '00000009' + '0000000c',
        Buffer.from('{"a":1}\n\n').toString('hex') + '00ff0a',
      ].join(''),
    )
  })

  it('decodes to what it was, as views', () => {
    const bytes = encoded(block)
    const decoded = decodeJournalBlock(bytes)
    assert.deepEqual(plain(decoded), { ...plain(block), firstId: '363f3136-9356-443b-9eee-000000000001' })
    const [first] = decoded?.messages ?? []
    bytes.fill(0x41)
    assert.equal(Buffer.from(first ?? []).toString(), 'AAAAAAA')
  })

  it('decodes whatever was encoded', () => {
    const blocks = fc.record({
      format: fc.constantFrom('syslog' as const, 'gelf' as const),
      address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')),
      port: fc.integer({ min: 0, max: 65_535 }),
      receivedMs: fc.double({ noNaN: true }),
      messages: fc
        .tuple(
          fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 40 }),
          fc.string({ maxLength: 3 }),
        )
        .map(([list, gap]) => messagesOf(list, gap)),
    })
    fc.assert(
      fc.property(blocks, (of) => {
        const decoded = plain(decodeJournalBlock(encoded(of)))
        assert.deepEqual(decoded, { ...plain(of), firstId: '363f3136-9356-443b-9eee-000000000001' })
      }),
    )
  })

  it('is nothing when it is cut, longer than it says, or not of this layout', () => {
    const bytes = encoded(block)
    for (let end = 0; end < bytes.length; end++) assert.equal(decodeJournalBlock(bytes.subarray(0, end)), undefined)
    assert.equal(decodeJournalBlock(Buffer.concat([bytes, Buffer.of(0)])), undefined)
    for (const [at, value] of [
      [0, 1],
      [1, 0],
      [1, 3],
      [28, 0xff],
      [31, 0],
      // The first begins behind the start; the second before the first has ended; the last ends behind the bytes.
      [47, 1],
      [55, 6],
      [67, 13],
    ] as const) {
      const other = Buffer.from(bytes)
      other[at] = value
      assert.equal(decodeJournalBlock(other), undefined, `byte ${at} as ${value}`)
    }
  })

  it('never throws, and reads nothing outside of its bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (noise, at) => {
        const bytes = encoded(block)
        bytes.set(
          noise.subarray(0, bytes.length),
          Math.min(at % bytes.length, Math.max(0, bytes.length - noise.length)),
        )
        decodeJournalBlock(bytes)
        decodeJournalBlock(Buffer.from(noise))
      }),
    )
  })
})

function plain(of: MessageBlock | undefined): Record<string, unknown> {
  return { ...of, messages: [...(of?.messages ?? [])].map((message) => Buffer.from(message).toString('hex')) }
}

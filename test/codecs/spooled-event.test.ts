import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeSpooledEvent, encodeSpooledEvent } from '../../src/codecs/spooled-event.ts'
import { errorCode } from '../../src/core/errors.ts'
import type { LogEvent } from '../../src/core/event.ts'

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
const events: fc.Arbitrary<LogEvent> = fc.record(
  {
    message: fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 400 })),
    time: fc.record(
      { seconds: fc.maxSafeInteger(), nanos: fc.integer({ min: 0, max: 999_999_999 }) },
      { noNullPrototype: true },
    ),
    host: name,
    source: name,
    sourcetype: name,
    index: name,
    fields: fc.dictionary(name, fc.string({ unit: 'grapheme' }), { minKeys: 1, maxKeys: 200, noNullPrototype: true }),
    unbroken: fc.constant(true),
    done: fc.constant(true),
  },
  { requiredKeys: ['message'], noNullPrototype: true },
)

describe('spooled event', () => {
  it('comes back as it went in, its message as bytes', () => {
    fc.assert(
      fc.property(events, (event) => {
        const { message, ...said } = decodeSpooledEvent(encodeSpooledEvent(event))
        assert.deepEqual({ ...said, message: Buffer.from(message) }, { ...event, message: Buffer.from(event.message) })
      }),
    )
  })

  it('keeps to the form it was given, which a later version has to read', () => {
    const event: LogEvent = {
      message: 'm',
      time: { seconds: -1, nanos: 2 },
      host: 'h',
      index: 'x'.repeat(130),
      fields: { k: '', __proto__x: 'v' },
      done: true,
    }
    const hex = `01 b3 bff0000000000000 00000002 01 68 8201 ${'78'.repeat(130)} 02 01 6b 00 0a 5f5f70726f746f5f5f78 01 76 6d`
    assert.equal(encodeSpooledEvent(event).toString('hex'), hex.replaceAll(' ', ''))
    assert.equal(encodeSpooledEvent({ message: '' }).toString('hex'), '0100')
  })

  it('takes an empty text for an absent one', () => {
    const encoded = encodeSpooledEvent({ message: 'a', host: '', source: '', sourcetype: '', index: '', fields: {} })
    assert.deepEqual(decodeSpooledEvent(encoded), { message: Buffer.from('a') })
  })

  it('keeps fields of any name', () => {
    const fields = Object.fromEntries([['__proto__', 'v']])
    assert.deepEqual(decodeSpooledEvent(encodeSpooledEvent({ message: '', fields })).fields, fields)
  })

  it('reads bytes which lie anywhere in a buffer', () => {
    const encoded = encodeSpooledEvent({ message: 'text', host: 'h' })
    const within = Buffer.concat([Buffer.alloc(3), encoded, Buffer.alloc(3)]).subarray(3, 3 + encoded.length)
    assert.deepEqual(decodeSpooledEvent(within), { host: 'h', message: Buffer.from('text') })
  })

  it('says so when it is none, whatever the bytes are', () => {
    const refused = (bytes: Uint8Array): void => {
      assert.throws(() => decodeSpooledEvent(bytes), { code: 'SPOOLED_EVENT_DAMAGED' })
    }
    refused(Buffer.of())
    refused(Buffer.of(2, 0))
    refused(Buffer.from('0102ffffffffff00', 'hex')) // a length without end
    refused(Buffer.from('0102ffffffff7f00', 'hex')) // a text of 34 GB
    refused(Buffer.from('0120ffffffff7f00', 'hex')) // as many fields
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeSpooledEvent(Buffer.concat([Buffer.of(1), bytes]))
        } catch (error) {
          assert.equal(errorCode(error), 'SPOOLED_EVENT_DAMAGED')
        }
      }),
    )
  })
})

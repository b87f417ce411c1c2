import assert from 'node:assert/strict'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { GelfFramer } from '../../../src/codecs/framing/gelf-framer.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { assertFramed, cutAt, framed, type FramerFactory, singleBytes } from './cuttings.ts'
import { referenceGelf } from './reference.ts'

const framer =
  (maxMessageBytes = 524_288): FramerFactory =>
  (counters) =>
    new GelfFramer({ maxMessageBytes, counters })

const one = '{"version":"1.1","host":"a","short_message":"}{\\"\\\\"}'
const two = '{"version":"1.1","_o":{"p":[{},{"q":"]"}]}}'
const pretty = '{\n  "version": "1.1",\r\n  "_o": [\n{\n}\n,\n{ }\n  ]\n}'

describe('faults 1 and 4: GELF over TCP and TLS, in every cutting', () => {
  const rows: readonly (readonly [string, string, ...string[]])[] = [
    ['NUL after each', `${one}\0${two}\0`, one, two],
    ['NUL and LF, mixed', `${one}\0\n${two}\n\0\0${one}\r\n${two}\0`, one, two, one, two],
    ['LF after each', `${one}\n${two}\n`, one, two],
    ['CRLF after each', `${one}\r\n${two}\r\n`, one, two],
    ['pretty-printed, LF', `${pretty}\n${one}\n${pretty}\n`, pretty, one, pretty],
    ['pretty-printed, CRLF', `${pretty}\r\n${one}\n`, pretty, one],
    ['pretty-printed, NUL', `${pretty}\0${one}\0`, pretty, one],
    ['terminators first', `\0\n\r\n${one}\0`, one],
    ['no object: ends at NUL or LF', `hello\nyou {"a"\0[1,\n"2"]\n${one}\n`, 'hello', 'you {"a"', '[1,', '"2"]', one],
    ['something between the brace and the LF', `${one} \n${two}x\n${one}${two}\n`, `${one} `, `${two}x`, one + two],
    ['no terminator at the end', `${one}\n${two}`, one, two],
    ['cut off at the end', `${one}\n{"a":"b`, one, '{"a":"b'],
    ['a line feed in a string', `{"a":"b\nc\n{\n{}"}\0${one}\n`, '{"a":"b\nc\n{\n{}"}', one],
    ['a string which does not end', `{"a":"b\n${one}\n${two}\n`, '{"a":"b', one, two],
    ['a string which ends in a backslash', `{"a":"b\\\n${one}\n`, '{"a":"b\\', one],
    ['a brace too few', `{"a":{"b":1}\n${one}\n`, '{"a":{"b":1}', one],
    ['a brace too many', `{"a":1}}\n${one}\n`, '{"a":1}}', one],
    ['cut where a value is due: one more goes with it', `{"a":\n${one}\n${two}\n`, `{"a":\n${one}`, two],
    ['text like zlib with a dictionary', 'x hello\nx\n', 'x hello', 'x'],
  ]
  for (const [name, input, ...messages] of rows) {
    it(name, () => {
      assertFramed(framer(), input, { messages, counters: { received: messages.length } })
    })
  }

  it('an object which is closed is there at once', () => {
    for (const terminator of ['\n', '\r\n', '\0']) {
      const reader = framer()(new Counters())
      assert.equal(reader.push(Buffer.from(pretty + terminator)).length, 1)
      assert.equal(reader.heldBytes, 0)
    }
  })

  it('compressed bytes are refused, and what came before them is delivered', () => {
    for (const compressed of [gzipSync(one), deflateSync(one), deflateSync(one, { level: 1 })]) {
      const bytes = compressed.toString('latin1')
      assertFramed(framer(), bytes, { messages: [], refusal: 'compressed', counters: {} })
      const counters = { received: 1 }
      assertFramed(framer(), `${one}\0${bytes}`, { messages: [one], refusal: 'compressed', counters })
    }
  })

  it('a load balancer and a ClientHello are refused', () => {
    assertFramed(framer(), 'GET / HTTP/1.1\r\n\r\n', { messages: [], refusal: 'http_check', counters: {} })
    assertFramed(framer(), '\x16\x03\x01\0\n\x01{}\n', { messages: [], refusal: 'tls_hello', counters: {} })
  })

  for (const terminator of ['\0', '\n', '\r\n']) {
    it(`over the maximum: dropped whole, and the next is there, ${JSON.stringify(terminator)}`, () => {
      const counters = { received: 3, 'dropped.gelf_too_large': 1 }
      const long = `{\n"version": "1.1", "_p":\n[{\n}\n,\n{"_q": "${'x'.repeat(40)}"}]\n}`
      const input = [one, long, two].map((message) => message + terminator).join('')
      for (const max of [one.length, long.length - 1]) {
        assertFramed(framer(max), input, { messages: [one, two], counters })
      }
      assertFramed(framer(long.length), input, { messages: [one, long, two], counters: { received: 3 } })
    })
  }

  it('over the maximum without an object or an end: dropped', () => {
    for (const input of ['x'.repeat(11), '{"a":"bcdef']) {
      assertFramed(framer(10), input, { messages: [], counters: { received: 1, 'dropped.gelf_too_large': 1 } })
    }
  })

  it('a pretty-printed one which never ends takes no more with it than the maximum and one', () => {
    const last = '{\n"version":1}'
    const input = `{"a":"b\n${`${last}\n`.repeat(10)}`
    for (const max of [20, 40]) {
      const { messages, counters } = framed(framer(max), [Buffer.from(input)])
      const lost = Math.ceil(max / last.length)
      assert.ok(messages.length >= 10 - lost, `${messages.length} messages, maximum ${max}`)
      assert.ok(messages.every((message) => message === last))
      assert.equal(counters['dropped.gelf_too_large'], 1)
    }
  })
})

describe('GELF of any bytes', () => {
  const piece = fc.constantFrom(
    ...['{', '}', '{}', '"', '\\', '{"a', '"b":', ',', ':', '[', ']', ' ', 'a', '1', '\n', '\0', '\r', '\r\n', '\n{'],
    ...['\n{"a', 'é', '\xff', '\x1f', '\x8b', 'x', '\x9c', '\x01', 'GET / HTTP/1.1', '\x16\x03'],
  )

  it('gives what the rules say, wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat({ max: 80 }), { maxLength: 8 }),
        (parts, max, places) => {
          const input = Buffer.from(parts.join(''), 'latin1')
          const expected = referenceGelf(input.toString('latin1'), max)
          for (const pieces of [[input], singleBytes(input), cutAt(input, places)]) {
            const { messages, refusal, counters } = framed(framer(max), pieces)
            assert.deepEqual(messages, expected.messages)
            assert.equal(refusal, expected.refusal)
            assert.equal(counters['dropped.gelf_too_large'] ?? 0, expected.lost)
            assert.equal(counters['received'] ?? 0, expected.lost + messages.length)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})

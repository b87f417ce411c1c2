import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SyslogFramer, type SyslogFraming } from '../../../src/codecs/framing/syslog-framer.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { assertFramed, cutAt, cuttings, framed, type FramerFactory, singleBytes } from './cuttings.ts'
import { referenceSyslog } from './reference.ts'

const framer =
  (mode: SyslogFraming = 'auto', maxMessageBytes = 65_536): FramerFactory =>
  (counters) =>
    new SyslogFramer({ mode, maxMessageBytes, counters })

describe('fault 1: syslog over TCP and TLS, in every cutting', () => {
  const rows: readonly (readonly [string, ...string[]])[] = [
    ['<13>a\n<13>b\n', '<13>a', '<13>b'],
    ['<13>a\r\n<13>b\r\n', '<13>a', '<13>b'],
    ['<13>a\0<13>b\0', '<13>a', '<13>b'],
    ['<13>a\0<13>b\n', '<13>a', '<13>b'],
    ['<13>a\n<13>b\0', '<13>a', '<13>b'],
    ['5 <13>a5 <13>b', '<13>a', '<13>b'],
    ['7 <13>a\nb', '<13>a\nb'],
    ['5 <13>a\n5 <13>b\n', '<13>a', '<13>b'],
    ['5 <13>a<13>b\n', '<13>a', '<13>b'],
    ['\n\n<13>a\n', '<13>a'],
    ['0 5 <13>a\n', '0 5 <13>a'],
    ['2024 hello\n<13>x\n', '2024 hello', '<13>x'],
    ['12:00:00 hello\n', '12:00:00 hello'],
    ['12345678 <13>x\n', '12345678 <13>x'],
    ['2 <13>a\n', '2 <13>a'],
    ['<13>a', '<13>a'],
    // Not in the table, but in its rules.
    ['<13>a\rb\r\r\n<13>c\r\0<13>d\r', '<13>a\rb\r', '<13>c\r', '<13>d\r'],
    ['7 <1>a\0\nb8 <13>c\r\nd', '<1>a\0\nb', '<13>c\r\nd'],
    ['6 <1234>a\n5  <13>a\n5 <>ab\n', '6 <1234>a', '5  <13>a', '5 <>ab'],
    ['5 <13', '5 <13'],
    ['\0\r\n\0', ...[]],
    ['GET /x HTTP/1.1 200\n', 'GET /x HTTP/1.1 200'],
    ['\nGET /x HTTP/1.1\n', 'GET /x HTTP/1.1'],
    ['<13>a\nGET /x HTTP/1.1\r\n', '<13>a', 'GET /x HTTP/1.1'],
    ['\x16\x03\x01\n\x02x\n', '\x16\x03\x01', '\x02x'],
  ]
  for (const [input, ...messages] of rows) {
    it(JSON.stringify(input), () => {
      assertFramed(framer(), input, { messages, counters: messages.length === 0 ? {} : { received: messages.length } })
    })
  }

  it('a terminated or counted message is there at once', () => {
    for (const input of ['<13>a\n', '<13>a\0', '5 <13>a', '\n\n<13>a\n', '5 <13>a\n5 <13>b']) {
      const reader = framer()(new Counters())
      const count = Buffer.from(input).reduce((sum, byte) => sum + reader.push(Buffer.of(byte)).length, 0)
      assert.equal(count, input.split('<').length - 1, input)
    }
  })

  it('"50 <13>a", then FIN: no message, and one discarded', () => {
    assertFramed(framer(), '50 <13>a', { messages: [], counters: { received: 1, 'discarded.partial_frame': 1 } })
  })

  it('counted, longer than the maximum, then "5 <13>b": its beginning, and the next at once', () => {
    const input = `20 <13>${'x'.repeat(16)}5 <13>b`
    for (const max of [10, 18, 19]) {
      const messages = [`<13>${'x'.repeat(max - 4)}`, '<13>b']
      assertFramed(framer('auto', max), input, { messages, counters: { received: 2, truncated: 1 } })
    }
    assertFramed(framer('auto', 20), input, { messages: [`<13>${'x'.repeat(16)}`, '<13>b'], counters: { received: 2 } })
  })

  for (const end of ['\n', '\r\n', '\0']) {
    it(`a line longer than the maximum, then "<13>b\\n": its beginning, and the next, after ${JSON.stringify(end)}`, () => {
      const input = `<13>${'x'.repeat(16)}${end}<13>b\n`
      for (const max of [10, 18, 19]) {
        const messages = [`<13>${'x'.repeat(max - 4)}`, '<13>b']
        assertFramed(framer('auto', max), input, { messages, counters: { received: 2, truncated: 1 } })
      }
      const messages = [`<13>${'x'.repeat(16)}`, '<13>b']
      assertFramed(framer('auto', 20), input, { messages, counters: { received: 2 } })
    })
  }

  it('is not cut within a character, wherever the limit falls', () => {
    const input = Buffer.concat([
      Buffer.from('aé€𝄞z'),
      Buffer.from('\xe2\xff\x80\x80z\xf0', 'latin1'),
      Buffer.from('\n'),
    ])
    const lengths: number[] = []
    for (let max = 1; max < input.length - 1; max++) {
      for (const pieces of cuttings(input)) {
        const [message = ''] = framed(framer('auto', max), pieces).messages
        assert.ok(input.toString('latin1').startsWith(message))
        lengths[max] = message.length
      }
    }
    assert.deepEqual(lengths.slice(1), [1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 12, 13, 14, 15, 16])
  })

  it('200 KiB of short LF lines in one burst: all', () => {
    const messages = Array.from({ length: 20_000 }, (_, i) => `<13>${i}`)
    const input = Buffer.from(`${messages.join('\n')}\n`)
    for (const size of [input.length, 65_536, 4093, 7]) {
      const places = Array.from({ length: Math.floor(input.length / size) }, (_, i) => (i + 1) * size)
      assert.deepEqual(framed(framer(), cutAt(input, places)).messages, messages)
    }
  })
})

describe('what is no syslog, at the beginning of a connection', () => {
  for (const mode of ['auto', 'octet', 'line'] as const) {
    it(`GET and HEAD, mode ${mode}`, () => {
      for (const input of [
        'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
        'HEAD /health?a=b HTTP/1.0\n\n',
        'GET * HTTP/1.1\r\n<13>a\n5 <13>a',
        'GET / HTTP/1.1',
      ]) {
        assertFramed(framer(mode), input, { messages: [], refusal: 'http_check', counters: {} })
      }
    })

    it(`a ClientHello, mode ${mode}`, () => {
      for (const version of ['\0', '\x01', '\x03']) {
        const input = `\x16\x03${version}\x02\0\x01\0\x01\xfc\x03\x03<13>a\n`
        assertFramed(framer(mode), input, { messages: [], refusal: 'tls_hello', counters: {} })
      }
    })
  }
})

describe('the modes', () => {
  it('octet: anything but a counted frame is refused, and what came before it is delivered', () => {
    const messages = ['<13>a', '<13>b\n']
    for (const other of ['<13>c\n', '0 <13>c', '12345678 <13>c', '2 <13>c', 'Hello\n', '7 x']) {
      assertFramed(framer('octet'), `5 <13>a\n6 <13>b\n\0${other}`, {
        messages,
        refusal: 'not_counted',
        counters: { received: 2 },
      })
    }
    for (const other of ['Hello\n', 'GET it\n', 'x', '<13>a\n']) {
      assertFramed(framer('octet'), other, { messages: [], refusal: 'not_counted', counters: {} })
    }
  })

  it('octet: a head which is cut off is a partial frame', () => {
    for (const head of ['5', '5 ', '5 <', '5 <13']) {
      assertFramed(framer('octet'), `5 <13>a${head}`, {
        messages: ['<13>a'],
        counters: { received: 2, 'discarded.partial_frame': 1 },
      })
    }
  })

  it('line: a count is text', () => {
    assertFramed(framer('line'), '5 <13>a5 <13>b\n7 <13>c\n', {
      messages: ['5 <13>a5 <13>b', '7 <13>c'],
      counters: { received: 2 },
    })
  })
})

describe('memory and time', () => {
  it('fault 2: "12:00:00 hello\\n" costs constant memory and time', () => {
    const reader = framer()(new Counters())
    const line = Buffer.from('12:00:00 hello\n')
    for (let i = 0; i < 300_000; i++) {
      assert.equal(reader.push(line).length, 1)
      assert.equal(reader.heldBytes, 0)
    }
  })

  it('an endless line and an endless count hold the maximum', () => {
    const chunk = Buffer.alloc(65_536, 'x')
    for (const start of ['<13>', '9999999 <13>']) {
      const reader = framer('auto', 1000)(new Counters())
      reader.push(Buffer.from(start))
      for (let i = 0; i < 100; i++) {
        assert.deepEqual(reader.push(chunk), [])
        assert.ok(reader.heldBytes <= 1002)
      }
    }
  })
})

describe('any bytes', () => {
  const piece = fc.constantFrom(
    ...['<13>', '<1', '>', '5 <13>', '7 <1>', '3 ', '1', '9', '0', '12345678', ' ', 'a', '\n', '\0', '\r', '\r\n'],
    ...['é', '€', '𝄞'].map((text) => Buffer.from(text).toString('latin1')),
    ...['\xff', '\x80', 'GET / HTTP/1.1', 'H', '\x16\x03', '\x01'],
  )

  it('give what the rules say, wherever they are cut', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.constantFrom('auto' as const, 'auto' as const, 'octet' as const, 'line' as const),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat({ max: 80 }), { maxLength: 8 }),
        (parts, mode, max, places) => {
          const input = Buffer.from(parts.join(''), 'latin1')
          const expected = referenceSyslog(input.toString('latin1'), mode, max)
          for (const pieces of [[input], singleBytes(input), cutAt(input, places)]) {
            const { messages, refusal, counters } = framed(framer(mode, max), pieces)
            assert.deepEqual(messages, expected.messages)
            assert.equal(refusal, expected.refusal)
            assert.equal(counters['truncated'] ?? 0, expected.truncated)
            assert.equal(counters['discarded.partial_frame'] ?? 0, expected.lost)
            assert.equal(counters['received'] ?? 0, expected.lost + messages.length)
          }
        },
      ),
      { numRuns: 3000 },
    )
  })
})

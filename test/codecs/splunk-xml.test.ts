import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parseStringPromise } from 'xml2js'
import { SplunkXmlEncoder, type SplunkXmlOptions } from '../../src/codecs/splunk-xml.ts'
import type { LogEvent } from '../../src/core/event.ts'
import { Counters } from '../../src/core/metrics.ts'

interface ParsedEvent {
  $?: Record<string, string>
  time?: string[]
  source?: string[]
  sourcetype?: string[]
  index?: string[]
  host?: string[]
  data?: string[]
  done?: string[]
}

async function parse(xml: string): Promise<ParsedEvent[]> {
  const { stream } = (await parseStringPromise(xml, { strict: true })) as { stream: { event?: ParsedEvent[] } | string }
  return typeof stream === 'string' ? [] : (stream.event ?? [])
}

function encode(
  events: readonly LogEvent[],
  options: Partial<SplunkXmlOptions> = {},
): { xml: string; counters: Counters } {
  const counters = options.counters ?? new Counters()
  return { xml: Buffer.from(new SplunkXmlEncoder({ ...options, counters }).encode(events)).toString(), counters }
}

/** What a parser must find: the rule of XML 1.0, section 2.2, a code point at a time. */
function sanitised(text: string): { text: string; replaced: number } {
  let result = ''
  let replaced = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const legal =
      code === 9 ||
      code === 10 ||
      code === 13 ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd) ||
      code > 0xffff
    result += legal ? character : '\ufffd'
    if (!legal) replaced++
  }
  return { text: result, replaced }
}

const plain: LogEvent = { message: 'hello', time: { seconds: 1493640000, nanos: 0 } }

describe('splunk-xml', () => {
  it('writes one element an event, in the order of the documentation', () => {
    const event: LogEvent = {
      message: 'GET /?a=1&b=<2>\r\nnext',
      time: { seconds: 1493640000, nanos: 123_456_789 },
      host: 'web1',
      source: '/var/log/a&b',
      sourcetype: 'access',
      index: 'main',
    }
    assert.equal(
      encode([event, plain]).xml,
      '<event><time>1493640000.123456789</time><source>/var/log/a&amp;b</source><sourcetype>access</sourcetype>' +
        '<index>main</index><host>web1</host><data>GET /?a=1&amp;b=&lt;2&gt;&#13;\nnext</data></event>\n' +
        '<event><time>1493640000</time><data>hello</data></event>\n',
    )
  })

  it('writes the fraction that is known, and no time that is none or before 1970', () => {
    const time = (seconds: number, nanos: number): string | undefined =>
      /<time>(.*)<\/time>/.exec(encode([{ message: '', time: { seconds, nanos } }]).xml)?.[1]
    assert.equal(time(5, 0), '5')
    assert.equal(time(5, 20_000_000), '5.020')
    assert.equal(time(5, 20_003_000), '5.020003')
    assert.equal(time(5, 1), '5.000000001')
    assert.equal(time(0, 999_999_999), '0.999999999')
    assert.equal(time(-1, 5), undefined)
    assert.equal(time(Number.NaN, 5), undefined)
    assert.equal(encode([{ message: 'x' }]).xml, '<event><data>x</data></event>\n')
  })

  it('does not carry time or origin from one event to the next', async () => {
    const times = [1, 1, undefined, 1, 2, 2]
    const events = times.map(
      (seconds, i): LogEvent => ({
        message: `m${i}`,
        ...(seconds !== undefined && { time: { seconds, nanos: 0 } }),
        ...(i % 2 === 1 && { host: `h${i}` }),
      }),
    )
    const parsed = await parse(`<stream>${encode(events).xml}</stream>`)
    assert.deepEqual(
      parsed.map(({ time }) => time?.[0]),
      ['1', '1', undefined, '1', '2', '2'],
    )
    assert.deepEqual(
      parsed.map(({ host }) => host?.[0]),
      [undefined, 'h1', undefined, 'h3', undefined, 'h5'],
    )
  })

  it('writes done only behind unbroken data', () => {
    assert.equal(encode([{ message: 'x', unbroken: true }]).xml, '<event unbroken="1"><data>x</data></event>\n')
    assert.equal(
      encode([{ message: 'x', unbroken: true, done: true }]).xml,
      '<event unbroken="1"><data>x</data><done/></event>\n',
    )
    assert.equal(encode([{ message: 'x', done: true }]).xml, '<event><data>x</data></event>\n')
  })

  it('falls back for what is not said, and forces what is overridden', () => {
    const options = { fallback: { host: 'fh', source: 'fs' }, override: { source: 'os', index: 'oi' } }
    const tags = '<source>os</source><index>oi</index>'
    assert.equal(encode([{ message: '' }], options).xml, `<event>${tags}<host>fh</host><data></data></event>\n`)
    assert.equal(
      encode([{ message: '', host: 'eh', source: 'es', index: 'ei' }], options).xml,
      `<event>${tags}<host>eh</host><data></data></event>\n`,
    )
  })

  it("never writes splunkd's placeholders back", () => {
    const placeholders = { host: '$decideOnStartup', source: 'default', sourcetype: 'default', index: 'default' }
    const bare = '<event><data>x</data></event>\n'
    assert.equal(encode([{ message: 'x', ...placeholders }]).xml, bare)
    assert.equal(encode([{ message: 'x' }], { fallback: placeholders, override: placeholders }).xml, bare)
    assert.equal(
      encode([{ message: 'x', ...placeholders }], { fallback: { host: 'web1' } }).xml,
      '<event><host>web1</host><data>x</data></event>\n',
    )
  })

  it('counts long events, unless their sourcetype is ours', () => {
    const count = (message: LogEvent['message'], options: Partial<SplunkXmlOptions> = {}, sourcetype = ''): number =>
      encode([{ message, sourcetype }], options).counters.get('long_events')
    assert.equal(count('x'.repeat(10_000)), 0)
    assert.equal(count('x'.repeat(10_001)), 1)
    assert.equal(count('<'.repeat(10_000)), 0)
    assert.equal(count('ü'.repeat(5_001)), 1)
    assert.equal(count(Buffer.alloc(10_001, 'x')), 1)
    assert.equal(count('x'.repeat(10_001), {}, 'kinloader:text'), 0)
    assert.equal(count('x'.repeat(10_001), { override: { sourcetype: 'kinloader:text' } }, 'other'), 0)
    assert.equal(count('x'.repeat(10_001), { fallback: { sourcetype: 'kinloader:text' } }), 0)
    assert.equal(count('x'.repeat(101), { longEventBytes: 100 }), 1)
  })

  it('replaces and counts what XML cannot carry, in messages and in origins', () => {
    const cases: [LogEvent['message'], string, number][] = [
      ['\x1b[31mred\x00', '\ufffd[31mred\ufffd', 2],
      ['a\ufffe\uffffb', 'a\ufffd\ufffdb', 2],
      ['\ud800 \udc00 \ud83d\ude00', '\ufffd \ufffd \ud83d\ude00', 2],
      ['sent as such: \ufffd', 'sent as such: \ufffd', 0],
      [Buffer.from('sent as such: \ufffd'), 'sent as such: \ufffd', 0],
      [Buffer.from([0x61, 0xff, 0xef, 0xbf, 0xbd, 0xc3]), 'a\ufffd\ufffd\ufffd', 2],
      [Buffer.from([0xef, 0xbf, 0xbf, 0x80]), '\ufffd\ufffd', 2],
      [Buffer.from([0xed, 0xa0, 0x80]), '\ufffd\ufffd\ufffd', 3],
      ['\x7f\x85\u2028', '\x7f\x85\u2028', 0],
      [']]>', ']]&gt;', 0],
    ]
    for (const [message, expected, replaced] of cases) {
      const { xml, counters } = encode([{ message }])
      assert.equal(xml, `<event><data>${expected}</data></event>\n`)
      assert.equal(counters.get('replaced_characters'), replaced, JSON.stringify(expected))
    }
    const { xml, counters } = encode([1, 2, 3].map(() => ({ message: 'x', host: 'we\x07b' })))
    assert.ok(xml.startsWith('<event><host>we\ufffdb</host>'))
    assert.equal(counters.get('replaced_characters'), 3)
  })

  const anyText = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom(
        'a',
        '&',
        '<',
        '>',
        '\r',
        '\n',
        '\t',
        '\0',
        '\x1b',
        '\ufffe',
        '\uffff',
        '\ufffd',
        '\ud800',
        '\udc00',
        ']',
        'é',
      ),
    }),
  )

  it('parses back into exactly what was sent, sanitised', async () => {
    const anyEvent = fc.record({
      message: anyText,
      host: anyText,
      source: anyText,
      seconds: fc.nat(),
      nanos: fc.nat({ max: 999_999_999 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent, { maxLength: 8 }), async (sent) => {
        const events = sent.map(({ seconds, nanos, ...event }): LogEvent => ({ ...event, time: { seconds, nanos } }))
        const { xml, counters } = encode(events)
        const parsed = await parse(`<stream>${xml}</stream>`)
        assert.equal(parsed.length, sent.length)
        let replaced = 0
        parsed.forEach((event, i) => {
          const { message, host, source, seconds, nanos } = sent[i] ?? assert.fail()
          assert.equal(event.data?.[0], sanitised(message).text)
          assert.equal(event.host?.[0] ?? '', sanitised(host).text)
          assert.equal(event.source?.[0] ?? '', sanitised(source).text)
          const [whole = '', fraction = ''] = (event.time?.[0] ?? '').split('.')
          assert.deepEqual([Number(whole), Number(fraction.padEnd(9, '0'))], [seconds, nanos])
          replaced += [message, host, source].reduce((sum, text) => sum + sanitised(text).replaced, 0)
        })
        assert.equal(counters.get('replaced_characters'), replaced)
      }),
      { numRuns: 300 },
    )
  })

  it('makes UTF-8 and XML of any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (message) => {
        const encoded = new SplunkXmlEncoder({ counters: new Counters() }).encode([{ message }])
        const xml = new TextDecoder('utf-8', { fatal: true }).decode(encoded)
        const [event] = await parse(`<stream>${xml}</stream>`)
        assert.equal(event?.data?.[0], sanitised(Buffer.from(message).toString()).text)
      }),
      { numRuns: 300 },
    )
  })

  it('writes a batch as it writes each event alone', () => {
    const anyEvents = fc.array(
      fc.record(
        {
          message: fc.oneof(anyText, fc.uint8Array()),
          host: fc.constantFrom('a', 'b', ''),
          unbroken: fc.boolean(),
          done: fc.boolean(),
        },
        { noNullPrototype: true },
      ),
      { maxLength: 600, size: 'max' },
    )
    fc.assert(
      fc.property(anyEvents, (events) => {
        assert.equal(encode(events).xml, events.map((event) => encode([event]).xml).join(''))
      }),
      { numRuns: 20 },
    )
  })

  it('keeps a bounded number of origins', () => {
    const encoder = new SplunkXmlEncoder({ counters: new Counters() })
    const hosts = Array.from({ length: 2500 }, (_, number) => ({ message: 'x', host: `h${number}` }))
    const once = Buffer.from(encoder.encode(hosts)).toString()
    assert.equal(Buffer.from(encoder.encode(hosts)).toString(), once)
    assert.ok(once.endsWith('<event><host>h2499</host><data>x</data></event>\n'))
  })

  // The stanza attribute is for programs that serve several inputs in one process.
  describe("agrees with the documents of Splunk's own library", () => {
    const folder = new URL('../../node_modules/splunk-sdk/tests/modularinputs/data/', import.meta.url)
    const names = readdirSync(folder).filter((name) => /^(stream|event)_.*\.xml$/.test(name))
    assert.equal(names.length, 6)
    for (const name of names) {
      it(name, async () => {
        const text = readFileSync(new URL(name, folder), 'utf8')
        const expected = await parse(name.startsWith('event') ? `<stream>${text}</stream>` : text)
        assert.ok(expected.length > 0)
        const parsed = await parse(`<stream>${encode(expected.map(eventOf)).xml}</stream>`)
        assert.deepEqual(parsed.map(meaning), expected.map(meaning))
      })
    }
  })
})

function eventOf({ $, time, data, done, source, sourcetype, index, host }: ParsedEvent): LogEvent {
  const [seconds = '', millis = ''] = (time?.[0] ?? '').split('.')
  return {
    message: data?.[0] ?? '',
    time: { seconds: Number(seconds), nanos: Number(millis) * 1_000_000 },
    unbroken: $?.['unbroken'] === '1',
    done: done !== undefined,
    ...(source?.[0] !== undefined && { source: source[0] }),
    ...(sourcetype?.[0] !== undefined && { sourcetype: sourcetype[0] }),
    ...(index?.[0] !== undefined && { index: index[0] }),
    ...(host?.[0] !== undefined && { host: host[0] }),
  }
}

function meaning({ $, time, ...rest }: ParsedEvent): unknown {
  return { ...rest, unbroken: $?.['unbroken'], time: Number(time?.[0]) }
}

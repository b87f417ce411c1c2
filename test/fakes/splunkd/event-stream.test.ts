import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { EventStreamParser, type SplunkEvent } from './event-stream.ts'

const nothing = { unbroken: false, done: false }

describe('the event stream as splunkd reads it', () => {
  it('takes every element, attribute and reference', () => {
    const text =
      '<?xml version="1.0"?>\n<stream>\n<event stanza="kinloader://a&amp;b" unbroken="1"><time>1700000000.123</time> <host>h</host>\n' +
      '<source>s</source><sourcetype>t</sourcetype><index>i</index><data>&lt;a&gt; &amp; &quot;&apos; &#13;&#x1F600; é]]></data><done/></event>\n' +
      '<event><data></data><done /></event></stream>\n'
    const { events, parser } = parse([text])
    assert.deepEqual(events, [
      {
        stanza: 'kinloader://a&b',
        time: '1700000000.123',
        host: 'h',
        source: 's',
        sourcetype: 't',
        index: 'i',
        data: '<a> & "\' \r😀 é]]>',
        unbroken: true,
        done: true,
      },
      { ...nothing, data: '', done: true },
    ])
    assert.equal(parser.closed, true)
  })

  it('takes further whole documents and any white space between events', () => {
    const { events } = parse([
      `<stream>${'\n'.repeat(70_000)}<event><data>1</data></event>`,
      '\n'.repeat(70_000),
      '</stream>\n<stream><event><data>2</data></event> </stream>',
    ])
    assert.deepEqual(
      events.map((event) => event.data),
      ['1', '2'],
    )
  })

  it('folds raw line ends, and none which are references', () => {
    const { events } = parse(['<stream><event><data>a\r\nb\rc&#13;\nd</data></event></stream>'])
    assert.equal(events[0]?.data, 'a\nb\nc\r\nd')
  })

  for (const [what, text] of Object.entries({
    'a control character': '<stream><event><data>a\u001bb</data></event>',
    'an escaped control character': '<stream><event><data>a&#27;b</data></event>',
    'a bare ampersand': '<stream><event><data>a & b</data></event>',
    'an unknown entity': '<stream><event><data>&nbsp;</data></event>',
    'a bare angle bracket': '<stream><event><data>a < b</data></event>',
    'an element splunkd does not know': '<stream><event><fields>a</fields></event>',
    'an element twice': '<stream><event><data>a</data><data>b</data></event>',
    'text between events': '<stream>x<event><data>a</data></event>',
    'an event outside a stream': '<event><data>a</data></event>',
    'an event after the stream': '<stream><event><data>a</data></event></stream><event><data>a</data></event>',
    'an unknown attribute': '<stream><event broken="1"><data>a</data></event>',
    'an end inside an event': '<stream><event><data>a</data></event><event><data>b',
    'an end without </stream>': '<stream><event><data>a</data></event>',
  })) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parse([text]))
    })
  }

  it('refuses what is not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('<stream><event><data>'),
      Buffer.from([0xff]),
      Buffer.from('</data></event>'),
    ])
    assert.throws(() => new EventStreamParser().push(bytes))
  })

  it('reads the same events however the bytes are cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '"', 'é', '😀', '\n', ']', '</event>', ' ') })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), fc.array(fc.nat(400)), (texts, cuts) => {
        const whole = Buffer.from(
          `<stream>${texts.map((data) => `<event><data>${escape(data)}</data></event>\n`).join('')}</stream>`,
        )
        const borders = [
          0,
          ...cuts.map((cut) => cut % (whole.length + 1)).sort((one, other) => one - other),
          whole.length,
        ]
        const chunks = borders.slice(1).map((border, at) => whole.subarray(borders[at], border))
        const parser = new EventStreamParser()
        const events = chunks.flatMap((chunk) => parser.push(chunk))
        parser.end()
        assert.deepEqual(
          events.map((event) => event.data),
          texts,
        )
      }),
      { numRuns: 500 },
    )
  })

  it('understands the streams of the Splunk SDK', () => {
    const folder = join(
      dirname(createRequire(import.meta.url).resolve('splunk-sdk/package.json')),
      'tests/modularinputs/data',
    )
    for (const [file, count] of [
      ['stream_with_one_event', 1],
      ['stream_with_two_events', 2],
      ['stream_with_five_events', 5],
    ] as const) {
      const { events } = parse([readFileSync(join(folder, `${file}.xml`), 'utf8')])
      assert.equal(events.length, count)
      assert.ok(events.every((event) => event.data !== undefined && event.data !== ''))
    }
  })
})

function parse(chunks: readonly string[]): { events: SplunkEvent[]; parser: EventStreamParser } {
  const parser = new EventStreamParser()
  const events = chunks.flatMap((chunk) => parser.push(Buffer.from(chunk)))
  parser.end()
  return { events, parser }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

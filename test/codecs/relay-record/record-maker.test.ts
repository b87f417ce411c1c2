import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { cloudWatchDecoder } from '../../../src/codecs/cloudwatch.ts'
import { GzipMembers } from '../../../src/codecs/gzip-members.ts'
import { idOf } from '../../../src/codecs/message-ids.ts'
import { messageText } from '../../../src/codecs/message-text.ts'
import type { MadeRecords } from '../../../src/codecs/relay-record/made-records.ts'
import { RecordMaker, type RecordMakerOptions } from '../../../src/codecs/relay-record/record-maker.ts'
import type { IdentifiedBlock } from '../../../src/core/message-block.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { messagesOf } from '../../support/messages-of.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

const receivedMs = Date.parse('2018-06-01T12:00:00Z')
const firstId = '363f3136-9356-443b-9eee-ce72d32d2307'

interface RelayObject {
  readonly logGroup: string
  readonly logStream: string
  readonly logEvents: readonly { readonly id: string; readonly timestamp: number; readonly message: string }[]
}

function block(messages: readonly (string | Uint8Array)[], fields: Partial<IdentifiedBlock> = {}): IdentifiedBlock {
  return {
    ...{ format: 'syslog', address: '10.0.0.1', port: 514, receivedMs, firstId },
    messages: messagesOf(messages),
    ...fields,
  }
}

function make(blocks: readonly IdentifiedBlock[], options: Partial<RecordMakerOptions> = {}): MadeRecords {
  const maker = new RecordMaker({
    ...{ owner: '123456789012', groupPrefix: '/kinesyslog', timeZone: 'UTC', counters: new Counters() },
    ...options,
  })
  for (const each of blocks) maker.add(each)
  return maker.finish()
}

/** Each member's object, of all records. */
function objectsOf({ records }: MadeRecords): readonly RelayObject[] {
  return records.flatMap(({ bytes }) => [...new GzipMembers().push(Buffer.from(bytes))].map(objectOf))
}

function objectOf(member: { readonly bytes: Buffer; readonly error?: Error }): RelayObject {
  assert.equal(member.error, undefined)
  return JSON.parse(member.bytes.toString()) as RelayObject
}

function randomBytes(count: number, random: () => number, from = 0, to = 256): Buffer {
  return Buffer.from(Uint8Array.from({ length: count }, () => from + Math.floor(random() * (to - from))))
}

describe('Records of a relay', () => {
  it('are what they are said to be, byte for byte', () => {
    const messages = [
      '<13>1 2018-02-21T21:07:50.239881+00:00 host.example.com user 4326 - [timeQuality tzKnown="1" isSynced="0"] Hello, World!',
      '<13>1 2018-02-21T21:07:51.712636+00:00 host.example.com user 4327 - - C:\\temp\ttab\u0001 Grüße 😀',
    ]
    const { records, unfit } = make([block(messages, { address: '127.0.0.1' })])
    assert.deepEqual(unfit, [])
    assert.equal(records.length, 1)
    const [record = { bytes: Buffer.alloc(0), events: 0 }] = records
    assert.equal(record.events, 2)
    assert.equal(
      gunzipSync(record.bytes).toString(),
      '{"owner":"123456789012","logGroup":"/kinesyslog/syslog/514","logStream":"127.0.0.1",' +
        '"subscriptionFilters":["/kinesyslog/syslog/514"],"messageType":"DATA_MESSAGE","logEvents":[' +
        `{"id":"${firstId}","timestamp":1519247270240,"message":${JSON.stringify(messages[0])}},` +
        `{"id":"363f3136-9356-443b-9eee-ce72d32d2308","timestamp":1519247271713,"message":${JSON.stringify(messages[1])}}]}`,
    )
    // RFC 1952: no flags, no time, which would differ each time.
    assert.deepEqual([...record.bytes.subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0])
  })

  it('are read by our own decoder, with the sender as host', () => {
    const blocks = [
      block(['<13>1 2018-02-21T21:07:50.239Z h a - - - one\ntwo', '<13>none'], { address: '192.0.2.7' }),
      block(['{"version":"1.1","host":"web","short_message":"x","timestamp":1519247270.5}'], {
        ...{ format: 'gelf', port: 12201, address: '2001:db8::1' },
      }),
    ]
    const events = make(blocks).records.flatMap(({ bytes }) => {
      const { items, error } = cloudWatchDecoder.decode(bytes)
      assert.equal(error, undefined)
      return items
    })
    assert.deepEqual(events, [
      {
        host: '192.0.2.7',
        source: '/kinesyslog/syslog/514:192.0.2.7',
        message: '<13>1 2018-02-21T21:07:50.239Z h a - - - one\ntwo',
        time: { seconds: 1519247270, nanos: 239_000_000 },
      },
      {
        host: '192.0.2.7',
        source: '/kinesyslog/syslog/514:192.0.2.7',
        message: '<13>none',
        time: { seconds: receivedMs / 1000, nanos: 0 },
      },
      {
        host: '2001:db8::1',
        source: '/kinesyslog/gelf/12201:2001:db8::1',
        message: '{"version":"1.1","host":"web","short_message":"x","timestamp":1519247270.5}',
        time: { seconds: 1519247270, nanos: 500_000_000 },
      },
    ])
  })

  it('have one object for each address, port and format, in the order in which they began', () => {
    const blocks = [
      block(['a'], { address: '10.0.0.2' }),
      block(['b']),
      block(['c'], { address: '10.0.0.2', port: 1514 }),
      block(['{}'], { address: '10.0.0.2', format: 'gelf' }),
      block(['d', 'e'], { address: '10.0.0.2' }),
    ]
    assert.deepEqual(
      objectsOf(make(blocks)).map(({ logGroup, logStream, logEvents }) => [
        logGroup,
        logStream,
        logEvents.map(({ message }) => message).join(' '),
      ]),
      [
        ['/kinesyslog/syslog/514', '10.0.0.2', 'a d e'],
        ['/kinesyslog/syslog/514', '10.0.0.1', 'b'],
        ['/kinesyslog/syslog/1514', '10.0.0.2', 'c'],
        ['/kinesyslog/gelf/514', '10.0.0.2', '{}'],
      ],
    )
  })

  it('hold every message once, in order, with its id and time, whatever is in it', () => {
    const anyMessage = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => Buffer.from(text)),
      fc.stringMatching(/^[ -~]{0,80}$/).map((text) => Buffer.from(`<13>1 2018-02-21T21:07:50.239Z h ${text}`)),
      fc
        .array(fc.constantFrom('"', '\\', '\n', '\0', '\x1f', '\x7f', 'abcd', 'é', '😀'))
        .map((all) => Buffer.from(all.join(''))),
    )
    const anyBlock = fc.record({
      address: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fe80::1'),
      port: fc.constantFrom(514, 1514),
      format: fc.constantFrom('syslog' as const, 'gelf' as const),
      messages: fc.array(anyMessage, { minLength: 1, maxLength: 12 }),
      counter: fc.constantFrom('000000000000', 'ffffffffffff', 'ce72d32d2309'),
    })
    fc.assert(
      fc.property(
        fc.array(anyBlock, { maxLength: 12 }),
        fc.constantFrom(600, 1000, 5000, 1_024_000),
        fc.boolean(),
        (drawn, maxRecordBytes, packs) => {
          const blocks = drawn.map(({ counter, messages, ...rest }, index) =>
            block(messages, { ...rest, firstId: `${String(index).padStart(8, '0')}-9356-443b-9eee-${counter}` }),
          )
          const made = make(blocks, { maxRecordBytes, packs })
          assert.deepEqual(made.unfit, [])
          assert.ok(made.records.every(({ bytes }) => bytes.length <= maxRecordBytes))
          assert.deepEqual(eventsOf(made), expectedEvents(blocks))
          assert.equal(
            made.records.reduce((sum, { events }) => sum + events, 0),
            drawn.reduce((sum, { messages }) => sum + messages.length, 0),
          )
          assert.deepEqual(make(blocks, { maxRecordBytes, packs }), made)
        },
      ),
      { numRuns: 100 },
    )
  })

  for (const [name, from, to] of [
    ['random bytes', 0, 256],
    ['random latin text', 0xa0, 0x100],
    ['random ASCII', 0x20, 0x7f],
  ] as const) {
    it(`fault 16: are small enough though ${name} do not compress, and nothing is lost`, () => {
      const random = new SeededRandom(7).next
      const messages: Uint8Array[] = []
      for (let bytes = 0; bytes < 2.5 * 1024 * 1024; bytes += messages.at(-1)?.length ?? 0) {
        const raw = randomBytes(1 + Math.floor(random() * 60_000), random, from, to)
        messages.push(name === 'random latin text' ? Buffer.from(raw.toString('latin1')) : raw)
      }
      const blocks = [block(messages)]
      const made = make(blocks)
      assert.deepEqual(made.unfit, [])
      for (const { bytes } of made.records) assert.ok(bytes.length <= 1_024_000, String(bytes.length))
      const total = made.records.reduce((sum, { bytes }) => sum + bytes.length, 0)
      assert.ok(made.records.length <= Math.ceil(total / 1_024_000) + 2, `${made.records.length} of ${total} bytes`)
      assert.deepEqual(eventsOf(made), expectedEvents(blocks))
    })
  }

  it('are few: text which compresses becomes records which are nearly full', () => {
    const random = new SeededRandom(3).next
    const messages = Array.from(
      { length: 60_000 },
      (_, index) =>
        `<13>1 2018-02-21T21:07:50Z host app ${index} - - ${randomBytes(30, random, 0x61, 0x7b).toString()}`,
    )
    const sizes = make([block(messages)]).records.map(({ bytes }) => bytes.length)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    assert.equal(sizes.length, Math.ceil(total / (1_024_000 * 0.97)), sizes.join(' '))
  })

  it('are cut anew where the sample deceived', () => {
    const random = new SeededRandom(5).next
    const plain = Array.from({ length: 2000 }, () => 'the same again and again and again and again')
    const noise = Array.from({ length: 200 }, () => randomBytes(2000, random))
    for (const messages of [
      [...plain, ...noise],
      [...noise, ...plain],
      [...noise.slice(0, 100), ...plain, ...noise.slice(100)],
    ]) {
      const blocks = [block(messages)]
      const made = make(blocks, { maxRecordBytes: 100_000 })
      assert.ok(made.records.every(({ bytes }) => bytes.length <= 100_000))
      assert.deepEqual(eventsOf(made), expectedEvents(blocks))
    }
  })

  it('leave out a message which fits into none, whose neighbours go on', () => {
    const random = new SeededRandom(11).next
    const big = randomBytes(4000, random)
    const counters = new Counters()
    const blocks = [
      block(['a', big, 'b'], { firstId: '00000000-0000-4000-8000-000000000000' }),
      block([big], { firstId: '00000000-0000-4000-8000-000000000100' }),
      block(['c', big], { firstId: '00000000-0000-4000-8000-000000000200' }),
    ]
    const made = make(blocks, { maxRecordBytes: 3000, counters })
    assert.deepEqual(made.unfit, [
      { id: '00000000-0000-4000-8000-000000000001', bytes: big },
      { id: '00000000-0000-4000-8000-000000000100', bytes: big },
      { id: '00000000-0000-4000-8000-000000000201', bytes: big },
    ])
    assert.deepEqual(
      objectsOf(made).flatMap(({ logEvents }) => logEvents.map(({ id, message }) => `${id.slice(-3)} ${message}`)),
      ['000 a', '002 b', '200 c'],
    )
    assert.equal(counters.get('quarantined.too_large'), 3)
    assert.equal(counters.get('records'), made.records.length)
  })

  it('of a group larger than what is held at a time are whole', () => {
    const messages = Array.from({ length: 300 }, (_, index) => `message ${index}`)
    for (const [maxRecordBytes, maxRecords] of [
      [250, 60],
      [300, 40],
      [400, 24],
      [1000, 8],
    ] as const) {
      const blocks = [block(messages)]
      const made = make(blocks, { maxRecordBytes })
      assert.ok(made.records.every(({ bytes }) => bytes.length <= maxRecordBytes))
      assert.ok(made.records.length <= maxRecords, String(made.records.length))
      assert.deepEqual(eventsOf(made), expectedEvents(blocks))
    }
  })

  it('hold no more than readers inflate of one', () => {
    const messages = Array.from({ length: 120 }, () => Buffer.alloc(65_536, 'x'))
    const ofOnePort = Array.from({ length: 6 }, () => block(messages))
    const ofMany = [514, 515, 516, 517, 518, 519].map((port) => block(messages, { port }))
    for (const blocks of [ofOnePort, ofMany]) {
      const { records } = make(blocks, { packs: blocks === ofMany })
      assert.ok(records.length > 1)
      for (const { bytes } of records) assert.ok(gunzipSync(bytes).length <= 32 * 1024 * 1024)
      assert.equal(
        records.reduce((sum, { events }) => sum + events, 0),
        720,
      )
    }
  })

  it('hold a message which fits only when it is compressed as well as can be', () => {
    const random = new SeededRandom(17)
    const words = ['connection', 'accepted', 'from', 'port', 'session', 'closed', 'error']
    const blocks = [block([Array.from({ length: 5000 }, () => random.pick(words)).join(' ')])]
    const maxRecordBytes = make(blocks, { gzipLevel: 9 }).records[0]?.bytes.length ?? 0
    assert.ok((make(blocks).records[0]?.bytes.length ?? 0) > maxRecordBytes)
    const made = make(blocks, { maxRecordBytes })
    assert.deepEqual(made.unfit, [])
    assert.deepEqual(eventsOf(made), expectedEvents(blocks))
  })

  it('hold several members when they are packed, as full as may be', () => {
    const random = new SeededRandom(13).next
    const blocks = Array.from({ length: 200 }, (_, index) =>
      block([randomBytes(300, random, 0x20, 0x7f)], { address: `10.0.0.${index}` }),
    )
    const single = make(blocks)
    const packed = make(blocks, { packs: true, maxRecordBytes: 20_000 })
    assert.equal(single.records.length, 200)
    const total = single.records.reduce((sum, { bytes }) => sum + bytes.length, 0)
    assert.ok(packed.records.length <= Math.ceil(total / 19_000), String(packed.records.length))
    assert.ok(packed.records.every(({ bytes }) => bytes.length <= 20_000))
    assert.deepEqual(
      Buffer.concat(packed.records.map(({ bytes }) => bytes)),
      Buffer.concat(single.records.map(({ bytes }) => bytes)),
    )
    assert.deepEqual(objectsOf(packed), objectsOf(single))
  })

  it('can be made of new blocks by the same maker', () => {
    const counters = new Counters()
    const maker = new RecordMaker({ owner: '1', groupPrefix: '/k', timeZone: 'UTC', counters })
    assert.deepEqual(maker.finish(), { records: [], unfit: [] })
    maker.add(block(['a']))
    const first = maker.finish()
    maker.add(block(['a']))
    assert.deepEqual(maker.finish(), first)
    assert.deepEqual(maker.finish().records, [])
  })

  it('own their memory, so that another thread can have it', () => {
    for (const packs of [false, true]) {
      const { records } = make([block(['a']), block(['b'], { port: 515 })], { packs })
      for (const { bytes } of records) assert.equal(bytes.buffer.byteLength, bytes.length)
    }
  })

  it('count what is odd', () => {
    const counters = new Counters()
    const gelf = (text: string): string => `{"version":"1.1","host":"h","short_message":"m"${text}}`
    make(
      [
        block(['<13>a', '<13>1 - h', '<999>x', '<13>Feb 30 10:00:00 h', '<13>*May  1 10:00:00 h']),
        block([Buffer.from('<13>\xff\xff', 'latin1'), Buffer.from('<13>1 2018-02-21T21:07:50Z \xe4', 'latin1')]),
        block([gelf(',"timestamp":"1.5"'), gelf(',"timestamp":"x"'), gelf(''), 'no json', '[]', '{"timestamp":1}'], {
          format: 'gelf',
        }),
      ],
      { counters },
    )
    assert.deepEqual(counters.snapshot(), {
      'time_fallback.no_time': 5,
      'time_fallback.nil': 1,
      'time_fallback.bad_pri': 1,
      'time_fallback.impossible_date': 1,
      'time_fallback.clock_not_set': 1,
      invalid_utf8: 2,
      gelf_timestamp_text: 1,
      'time_fallback.bad_timestamp': 1,
      'gelf_invalid.not_json': 1,
      'gelf_invalid.not_object': 1,
      'gelf_invalid.no_version': 1,
      records: 2,
    })
  })

  it('keep GELF which is no UTF-8 with its time', () => {
    const message = Buffer.from('{"version":"1.1","host":"h","short_message":"\xe4","timestamp":2}', 'latin1')
    const [{ logEvents } = { logEvents: [] }] = objectsOf(make([block([message], { format: 'gelf' })]))
    assert.deepEqual(logEvents, [
      { id: firstId, timestamp: 2000, message: '{"version":"1.1","host":"h","short_message":"\\xe4","timestamp":2}' },
    ])
  })
})

function eventsOf(made: MadeRecords): Record<string, unknown[]> {
  const events: Record<string, unknown[]> = {}
  for (const { logGroup, logStream, logEvents } of objectsOf(made)) {
    const ofSender = (events[`${logGroup} ${logStream}`] ??= [])
    for (const { id, message } of logEvents) ofSender.push([id, message])
  }
  return events
}

function expectedEvents(blocks: readonly IdentifiedBlock[]): Record<string, unknown[]> {
  const events: Record<string, unknown[]> = {}
  for (const { format, port, address, firstId: first, messages } of blocks) {
    const ofSender = (events[`/kinesyslog/${format}/${port} ${address}`] ??= [])
    for (const [index, message] of [...messages].entries())
      ofSender.push([idOf(first, index), messageText(message).text])
  }
  return events
}

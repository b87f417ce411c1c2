import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { encodeLogRecord, type LogRecordEntry } from '../../../src/codecs/log-record-encoding.ts'
import type { SplunkEvent } from '../../fakes/splunkd/event-stream.ts'
import type { RunningInput } from '../../fakes/splunkd/input-process.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { InputWorld } from '../../support/input-world.ts'

const said = { source: '/var/log/app', sourcetype: 'app:log', host: 'web-1', index: 'apps' }
const unsaid = { source: '', sourcetype: '', host: '', index: '' }
const time = { seconds: 1_700_000_000, nanos: 123_456_789 }
const whole = { unbroken: false, done: false }

describe('the events of the input', () => {
  let world: InputWorld

  beforeEach(async () => {
    world = await InputWorld.start({ params: { record_format: 'log-record' } })
  })

  afterEach(async () => {
    await world.close()
    assertLog(world.runs)
  })

  function put(metadata: Partial<Parameters<typeof encodeLogRecord>[0]>, entries: readonly LogRecordEntry[]): void {
    const record = encodeLogRecord({ unbroken: false, ...unsaid, encId: 1n, blockId: 0n, ...metadata }, entries)
    world.engine.put('logs', { data: record })
  }

  /** Runs the input until so many events have come, and for as long as the lines take; nothing else may come. */
  async function read(
    count: number,
    options: Parameters<InputWorld['run']>[0] & { readonly logged?: readonly RegExp[] } = {},
  ): Promise<{ input: RunningInput; events: readonly SplunkEvent[] }> {
    const input = world.run(options)
    await input.received(count)
    for (const line of options.logged ?? []) await input.logged(line)
    await input.terminate()
    await input.drained
    assert.equal(input.streamClosed, true)
    assert.equal(input.eventCount, count)
    return { input, events: input.events }
  }

  it('have time, host, source, sourcetype and index of their record', async () => {
    put(said, [
      { data: 'to the nanosecond', time },
      { data: 'to the millisecond', time: { ...time, nanos: 5_000_000 } },
      { data: 'to the second', time: { ...time, nanos: 0 } },
      { data: 'before 1970', time: { seconds: -1, nanos: 0 } },
      { data: 'without a time' },
    ])
    const { input, events } = await read(5, { params: { source: 'stanza', sourcetype: 'stanza', index: 'stanza' } })
    assert.deepEqual(events, [
      { ...said, ...whole, time: '1700000000.123456789', data: 'to the nanosecond' },
      { ...said, ...whole, time: '1700000000.005', data: 'to the millisecond' },
      { ...said, ...whole, time: '1700000000', data: 'to the second' },
      { ...said, ...whole, data: 'before 1970' },
      { ...said, ...whole, data: 'without a time' },
    ])
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR'), [])
  })

  it('have what the stanza says where their record says nothing, and never its placeholders', async () => {
    put({}, [{ data: 'a', time }])
    const stanza = { host: 'stanza-host', source: 'stanza-source', sourcetype: 'stanza-type', index: 'stanza-index' }
    const { events } = await read(1, { params: { ...stanza, checkpoint_name: 'with' } })
    assert.deepEqual(events, [{ ...stanza, ...whole, time: '1700000000.123456789', data: 'a' }])

    const placeholders = { host: '$decideOnStartup', index: 'default', sourcetype: 'stanza-type' }
    const { events: others } = await read(1, { params: { ...placeholders, checkpoint_name: 'without' } })
    assert.deepEqual(others, [
      { host: 'splunk.test', sourcetype: 'stanza-type', ...whole, time: '1700000000.123456789', data: 'a' },
    ])
  })

  it('have what is forced on them, whatever their record says', async () => {
    put(said, [{ data: 'a' }])
    put({}, [{ data: 'b' }])
    const { events } = await read(2, {
      params: {
        override_host: 'forced & <host>',
        override_source: 'forced-source',
        override_sourcetype: 'forced-type',
        override_index: 'forced-index',
        source: 'stanza',
      },
    })
    const forced = {
      host: 'forced & <host>',
      source: 'forced-source',
      sourcetype: 'forced-type',
      index: 'forced-index',
    }
    assert.deepEqual(events, [
      { ...forced, ...whole, data: 'a' },
      { ...forced, ...whole, data: 'b' },
    ])
  })

  it('are chunks with an end where the record is unbroken', async () => {
    put({ ...said, unbroken: true, blockId: 1n }, [{ data: 'one\ntw', done: false }, { data: 'o\n' }])
    const { events } = await read(2)
    assert.deepEqual(events, [
      { ...said, unbroken: true, done: false, data: 'one\ntw' },
      { ...said, unbroken: true, done: true, data: 'o\n' },
    ])
  })

  it('are legal XML whatever they hold, each replacement counted', async () => {
    put(said, [
      { data: 'a\u0000b\u001b[31mc\ufffe' },
      { data: 'carriage\r\nreturn\rkept\t]]> & <tag>' },
      { data: Buffer.concat([Buffer.from('é😀'), Buffer.from([0xff, 0xc3])]) },
      { data: '\u2028 \u0085 �' },
      { data: '' },
    ])
    const { input, events } = await read(5, { logged: [/at=shard .*\breplaced_characters=[1-9]/] })
    assert.deepEqual(
      events.map(({ data }) => data),
      ['a\ufffdb\ufffd[31mc\ufffd', 'carriage\r\nreturn\rkept\t]]> & <tag>', 'é😀\ufffd\ufffd', '\u2028 \u0085 �', ''],
    )
    assert.match(await input.logged(/at=shard .*\bevents=5/), /\breplaced_characters=5\b/)
  })

  it('include what cannot be decoded, as it is, behind what can', async () => {
    const noise = Array.from({ length: 9 }, (_, i) => ({ data: `${i} ${randomBytes(2000).toString('hex')}` }))
    const record = encodeLogRecord({ unbroken: false, ...said, encId: 1n, blockId: 0n }, noise)
    const poison = {
      truncated: record.subarray(0, record.length / 2),
      garbage: randomBytes(300),
      empty: Buffer.alloc(0),
    }
    const stored = Object.values(poison).map((data) => world.engine.put('logs', { data }))
    put(said, [{ data: 'after the poison' }])

    const { input, events } = await read(8, { logged: [/at=shard .*\bundecodable_records=3\b/] })
    const undecodable = events.filter(({ sourcetype }) => sourcetype === 'kinloader:undecodable')
    const data = events.map((event) => event.data ?? '')
    assert.deepEqual(
      data.slice(0, 4),
      noise.slice(0, 4).map((entry) => entry.data),
    )
    assert.equal(data.at(-1), 'after the poison')
    assert.deepEqual(
      undecodable.map((event) => {
        const { shard, sequence_number, data: base64 } = JSON.parse(event.data ?? '') as Record<string, string>
        return { shard, sequence_number, base64 }
      }),
      stored.map(({ shardId, sequenceNumber, data: bytes }) => ({
        shard: shardId,
        sequence_number: sequenceNumber,
        base64: Buffer.from(bytes).toString('base64'),
      })),
    )
    // Told once a shard, and nothing of what they hold.
    const [line = '', ...more] = linesOf(input, 'WARN', 'ERROR')
    assert.deepEqual(more, [])
    assert.match(line, new RegExp(`at=undecodable .*\\bsequence_number=${stored[0]?.sequenceNumber ?? ''}\\b`))
  })

  for (const { format, records, expected } of [
    {
      format: 'json',
      records: ['{"a":1}\n{"b":"}\\n{"}{"c":[2]}', gzipSync('{"d": 3}\n')],
      expected: ['{"a":1}', '{"b":"}\\n{"}', '{"c":[2]}', '{"d": 3}'],
    },
    {
      format: 'text',
      records: ['{"a":1} {"b":2}\r\n\nsecond', gzipSync('third\nfourth\n')],
      expected: ['{"a":1} {"b":2}', 'second', 'third', 'fourth'],
    },
    {
      format: 'auto',
      records: [
        gzipSync('zipped text\nits second line\n'),
        '{"json":1}{"json":2}\n',
        encodeLogRecord({ unbroken: false, ...unsaid, encId: 1n, blockId: 0n }, [{ data: 'log\nrecord' }]),
        'plain text\n',
      ],
      expected: ['zipped text', 'its second line', '{"json":1}', '{"json":2}', 'log\nrecord', 'plain text'],
    },
  ]) {
    it(`are found in records of the format ${format}`, async () => {
      for (const data of records) world.engine.put('logs', { data })
      const { input, events } = await read(expected.length, { params: { record_format: format } })
      const origin = { host: 'splunk.test', sourcetype: 'kinloader', ...whole }
      assert.deepEqual(
        events,
        expected.map((data) => ({ ...origin, data })),
      )
      assert.deepEqual(linesOf(input, 'WARN', 'ERROR'), [])
    })
  }

  it('are warned of once when Splunk will cut them, and arrive whole', async () => {
    const long = 'x'.repeat(300_000)
    put(said, [{ data: 'x'.repeat(10_000) }, { data: long }, { data: 'é'.repeat(5001) }])
    put(said, [{ data: long }])
    const { input, events } = await read(4, { logged: [/at=input .*\blong_events=3\b/] })
    assert.deepEqual(
      events.map(({ data }) => data?.length),
      [10_000, 300_000, 5001, 300_000],
    )
    const [line = '', ...more] = linesOf(input, 'WARN', 'ERROR')
    assert.deepEqual(more, [])
    assert.match(line, /^WARN at=long_event .*\b10,000 bytes\b/)
  })
})

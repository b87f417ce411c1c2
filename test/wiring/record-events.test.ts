import assert from 'node:assert/strict'
import fc from 'fast-check'
import { autoDecoder } from '../../src/codecs/auto.ts'
import { logRecordDecoder, type LogRecordMetadata } from '../../src/codecs/log-record.ts'
import { encodeLogRecord } from '../../src/codecs/log-record-encoding.ts'
import { jsonLinesDecoder } from '../../src/codecs/json-lines.ts'
import { textDecoder } from '../../src/codecs/text.ts'
import type { Decoder } from '../../src/core/codec.ts'
import type { LogEvent } from '../../src/core/event.ts'
import type { KinesisRecord } from '../../src/sources/kinesis/record.ts'
import { RecordEvents, undecodableSourcetype } from '../../src/wiring/record-events.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const shardId = 'shardId-000000000000'
const metadata: LogRecordMetadata = {
  unbroken: false,
  source: 'app.log',
  sourcetype: 'app',
  host: 'web-1',
  index: 'main',
  encId: 1n,
  blockId: 0n,
}

function record(data: Uint8Array, changes: Partial<KinesisRecord> = {}): KinesisRecord {
  return { shardId, sequenceNumber: '49590338', data, partitionKey: 'key', arrivedMs: 1_767_225_600_500, ...changes }
}

function opened(decoder: Decoder<LogEvent> = logRecordDecoder): { events: RecordEvents; logger: RecordingLogger } {
  const logger = new RecordingLogger()
  return { events: new RecordEvents(decoder, logger), logger }
}

/** A log record which breaks off in the middle of its second event. */
function broken(): Buffer {
  const whole = encodeLogRecord(metadata, [{ data: 'first' }, { data: 'second'.repeat(1000) }], { level: 1 })
  const damaged = Buffer.from(whole)
  damaged.fill(0xff, damaged.length - 24)
  return damaged
}

const text = (event: LogEvent | undefined): string => Buffer.from(event?.message ?? '').toString()

describe('events of Kinesis records', () => {
  it('are those the decoder finds, counted by shard', () => {
    const { events, logger } = opened()
    const payload = encodeLogRecord(metadata, [{ data: 'one' }, { data: 'two' }])
    assert.deepEqual(events.decode(record(payload)).map(text), ['one', 'two'])
    events.decode(record(payload))
    events.decode(record(payload, { shardId: 'other' }))
    assert.deepEqual(events.counters(shardId).snapshot(), { events: 4 })
    assert.deepEqual(events.counters('other').snapshot(), { events: 2 })
    assert.deepEqual(logger.lines, [])
  })

  it('trap 21: come once where a sender put their record twice, in whatever shards', () => {
    const { events } = opened()
    const first = encodeLogRecord({ ...metadata, batchId: 'a-1-0' }, [{ data: 'one' }])
    const second = encodeLogRecord({ ...metadata, batchId: 'a-1-1' }, [{ data: 'one' }])
    assert.deepEqual(events.decode(record(first)).map(text), ['one'])
    assert.deepEqual(events.decode(record(second)).map(text), ['one'])
    assert.deepEqual(events.decode(record(first, { shardId: 'other' })), [])
    assert.deepEqual(events.counters('other').snapshot(), { repeated: 1 })
    assert.deepEqual(events.counters(shardId).snapshot(), { events: 2 })
  })

  it('come again with a whole record when the first of its id was damaged', () => {
    const { events } = opened()
    const whole = encodeLogRecord({ ...metadata, batchId: 'a-2-0' }, [{ data: 'first' }, { data: 'x'.repeat(5000) }])
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, damaged.length - 8)
    events.decode(record(damaged))
    assert.equal(events.decode(record(whole)).length, 2)
    assert.equal(events.decode(record(whole)).length, 0)
  })

  it('keep what precedes a corruption, and then the whole record as it is, with where it came from', () => {
    const { events } = opened()
    const data = broken()
    const found = events.decode(record(data))
    assert.equal(text(found[0]), 'first')
    assert.equal(found[0]?.sourcetype, 'app')
    const last = found.at(-1)
    assert.equal(last?.sourcetype, undecodableSourcetype)
    const { error, ...rest } = JSON.parse(text(last)) as Record<string, unknown>
    assert.equal(typeof error, 'string')
    assert.deepEqual(rest, {
      shard: shardId,
      sequence_number: '49590338',
      arrival_time: '2026-01-01T00:00:00.500Z',
      data: data.toString('base64'),
    })
    const counted = events.counters(shardId)
    assert.deepEqual([counted.get('events'), counted.get('undecodable')], [found.length - 1, 1])
    assert.equal(undecodableSourcetype, 'kinloader:undecodable')
  })

  it('carry no metadata of their own but the sourcetype when undecodable, and no arrival time where there is none', () => {
    const { events } = opened(jsonLinesDecoder)
    const [event, more] = events.decode(record(Buffer.from('no JSON'), { arrivedMs: undefined }))
    assert.equal(more, undefined)
    assert.deepEqual(Object.keys(event ?? {}), ['message', 'sourcetype'])
    assert.deepEqual(Object.keys(JSON.parse(text(event)) as object), ['shard', 'sequence_number', 'error', 'data'])
  })

  it('take the record’s own bytes out of a larger buffer', () => {
    const { events } = opened(jsonLinesDecoder)
    const data = Buffer.from('before[broken').subarray(6)
    const { data: base64 } = JSON.parse(text(events.decode(record(data)).at(-1))) as { data: string }
    assert.equal(Buffer.from(base64, 'base64').toString(), '[broken')
  })

  it('are told to be undecodable once a shard, and counted each time', () => {
    const { events, logger } = opened()
    for (let i = 0; i < 3; i += 1) events.decode(record(Buffer.from('nothing'), { sequenceNumber: `${i}` }))
    events.decode(record(Buffer.from('nothing'), { shardId: 'other' }))
    assert.deepEqual(logger.told('warn'), ['warn undecodable', 'warn undecodable'])
    const { shard, sequence_number, error, effect } = logger.lines[0]?.fields ?? {}
    assert.deepEqual([shard, sequence_number], [shardId, '0'])
    assert.match(String(effect), /sourcetype kinloader:undecodable; told once a shard/)
    assert.ok(String(error).length > 10)
    assert.equal(events.counters(shardId).get('undecodable'), 3)
  })

  it('are no longer counted for shards which have left the stream', () => {
    const { events } = opened()
    events.counters('gone').add('events', 5)
    events.counters('kept').add('events', 6)
    events.keep(new Set(['kept']))
    assert.deepEqual([events.counters('gone').get('events'), events.counters('kept').get('events')], [0, 6])
  })

  for (const decoder of [autoDecoder, logRecordDecoder, jsonLinesDecoder, textDecoder]) {
    it(`come out of anything, without ever throwing (${decoder.name})`, () => {
      const { events } = opened(decoder)
      const payload = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.json().map((json) => Buffer.from(json)),
        // A log record with one byte changed, or cut.
        fc.tuple(fc.string(), fc.nat(400), fc.nat(255), fc.boolean()).map(([data, at, byte, cut]) => {
          const whole = encodeLogRecord(metadata, [{ data: 'one' }, { data }])
          if (cut) return whole.subarray(0, at)
          if (at < whole.length) whole[at] = byte
          return whole
        }),
      )
      fc.assert(
        fc.property(payload, (data) => {
          const before = events.counters(shardId).get('undecodable')
          const found = events.decode(record(data))
          const undecodable = found.filter(({ sourcetype }) => sourcetype === undecodableSourcetype)
          assert.equal(undecodable.length, events.counters(shardId).get('undecodable') - before)
        }),
        { numRuns: 300 },
      )
    })
  }
})

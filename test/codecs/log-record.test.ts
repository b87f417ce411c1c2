import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import {
  beginsLogRecord,
  decodeLogRecord,
  logRecordDecoder,
  type LogRecordMetadata,
} from '../../src/codecs/log-record.ts'
import { encodeLogRecord, type LogRecordEntry, logRecordText } from '../../src/codecs/log-record-encoding.ts'
import { errorCode } from '../../src/core/errors.ts'
import type { LogEvent } from '../../src/core/event.ts'

const metadata: LogRecordMetadata = {
  unbroken: false,
  source: 'test-script',
  sourcetype: 'generic',
  host: 'godev',
  index: '',
  encId: 4611686018427387905n,
  blockId: 0n,
}

const exampleText =
  '{"unbroken":false,"source":"test-script","sourcetype":"generic","host":"godev","index":"",' +
  '"enc_id":4611686018427387905,"block_id":0}\n' +
  '{"is_done":true,"data":"VGVzdCBsb2cgZW50cnkK"}\n' +
  '{"is_done":true,"ts":"2017-05-01T12:00:00.123456789Z","data":"c2Vjb25kCg=="}\n'

const said = { host: 'godev', source: 'test-script', sourcetype: 'generic' }
const first: LogEvent = { ...said, message: 'Test log entry\n' }
const second: LogEvent = { ...said, message: 'second\n', time: { seconds: 1493640000, nanos: 123456789 } }

const head = '{"unbroken":false,"source":"s","enc_id":1,"block_id":0}\n'

function decodeText(text: string | Uint8Array): ReturnType<typeof decodeLogRecord> {
  return decodeLogRecord(gzipSync(text))
}

function messages(items: readonly LogEvent[]): string[] {
  return items.map(({ message }) => Buffer.from(message as string).toString('latin1'))
}

describe('log record', () => {
  it('decodes the example', () => {
    assert.equal(exampleText.length, 257)
    assert.deepEqual(decodeText(exampleText), { metadata, items: [first, second] })
    assert.deepEqual(logRecordDecoder.decode(gzipSync(exampleText)).items, [first, second])
  })

  it('writes the canonical form, byte for byte', () => {
    const entries = [{ data: 'Test log entry\n' }, { data: Buffer.from('second\n'), time: second.time ?? never() }]
    assert.equal(logRecordText(metadata, entries), exampleText)
    const odd = { ...metadata, source: '<&>\u2028"\\\n\ud800' }
    assert.ok(logRecordText(odd, []).includes('"source":"\\u003c\\u0026\\u003e\\u2028\\"\\\\\\n\ufffd"'))
    assert.equal(
      logRecordText(metadata, [{ data: '', time: { seconds: 0, nanos: 500 }, done: false }]).split('\n')[1],
      '{"is_done":false,"ts":"1970-01-01T00:00:00.0000005Z","data":""}',
    )
  })

  it('carries the batch id behind all other metadata, and none where none is known', () => {
    const batch = { ...metadata, batchId: 'a"<b' }
    assert.ok(logRecordText(batch, []).endsWith(',"block_id":0,"batch_id":"a\\"\\u003cb"}\n'))
    assert.deepEqual(decodeText(logRecordText(batch, [{ data: 'x' }])), {
      metadata: batch,
      items: [{ ...said, message: 'x' }],
      batchId: 'a"<b',
    })
    assert.equal(logRecordText({ ...metadata, batchId: '' }, []), logRecordText(metadata, []))
    for (const value of ['""', 'null', '7']) {
      const { metadata: read } = decodeText(`{"enc_id":1,"block_id":0,"batch_id":${value}}`)
      assert.equal(read !== undefined && 'batchId' in read, false, value)
    }
  })

  describe('accepts what a stream decoder accepts', () => {
    const cases: Record<string, { text: string; messages: string[] }> = {
      'no white space at all': { text: exampleText.replaceAll('\n', ''), messages: ['Test log entry\n', 'second\n'] },
      'white space everywhere': {
        text: `\n ${exampleText.replaceAll(',"', ' ,\r\n\t "').replaceAll(':', ' : ').replaceAll('}', ' }\n\n')}`,
        messages: ['Test log entry\n', 'second\n'],
      },
      'unknown keys': { text: `${head}{"x":{"data":["}"]},"data":"QQ==","is_done":true}`, messages: ['A'] },
      'missing keys': { text: '{}{}{"data":"QQ=="}', messages: ['', 'A'] },
      'keys in any case': { text: `${head}{"IS_Done":true,"Data":"QQ=="}`, messages: ['A'] },
      'null data': { text: `${head}{"is_done":true,"data":null}`, messages: [''] },
      'empty data': { text: `${head}{"is_done":true,"data":""}{"is_done":true,"data":"QUI="}`, messages: ['', 'AB'] },
      'escapes in base64': {
        text: `${head}{"is_done":true,"data":"QUJ\\u0044"}{"is_done":true,"data":"\\/\\/\\/\\/"}`,
        messages: ['ABC', '\xff\xff\xff'],
      },
      'line breaks in base64': { text: `${head}{"is_done":true,"data":"QU\\r\\nJD"}`, messages: ['ABC'] },
      'a time that is none': { text: `${head}{"is_done":true,"ts":"yesterday","data":"QQ=="}`, messages: ['A'] },
      'no data': { text: head, messages: [] },
    }
    for (const [name, { text, messages: expected }] of Object.entries(cases)) {
      it(name, () => {
        const { items, error } = decodeText(text)
        assert.equal(error, undefined)
        assert.deepEqual(messages(items), expected)
      })
    }
  })

  it('reads ids of any size, and never fails on a strange one', () => {
    assert.equal(decodeText('{"enc_id":9223372036854775806,"block_id":7}').metadata?.encId, 9223372036854775806n)
    assert.equal(decodeText('{"enc_id":9223372036854775806,"block_id":7}').metadata?.blockId, 7n)
    assert.equal(decodeText('{"x":{"enc_id":5},"enc_id":"7"}').metadata?.encId, 0n)
  })

  it('reads several gzip members, and ignores padding behind the last', () => {
    const cut = exampleText.indexOf('"ts"') // in the middle of an object
    const members = [gzipSync(exampleText.slice(0, cut)), gzipSync(exampleText.slice(cut)), Buffer.alloc(512)]
    assert.deepEqual(decodeLogRecord(Buffer.concat(members)), { metadata, items: [first, second] })
  })

  it('gives an event without ts no time, also after one with ts', () => {
    const [, withTime, without] = decodeText(`${exampleText}{"is_done":true,"data":"QQ=="}\n`).items
    assert.deepEqual(withTime, second)
    assert.deepEqual(without, { ...said, message: 'A' })
  })

  it('keeps bytes which are no ASCII as they are', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0xa9])
    const { items } = decodeLogRecord(encodeLogRecord(metadata, [{ data: bytes }, { data: 'ascii' }]))
    assert.deepEqual(items[0]?.message, bytes)
    assert.equal(items[1]?.message, 'ascii')
  })

  it('marks chunks of unbroken streams and their end', () => {
    const entries = [{ data: 'a', done: false }, { data: 'b' }]
    const { items } = decodeLogRecord(encodeLogRecord({ ...metadata, unbroken: true, blockId: 3n }, entries))
    assert.deepEqual(items, [
      { ...said, unbroken: true, message: 'a' },
      { ...said, unbroken: true, message: 'b', done: true },
    ])
  })

  it('emits nothing for the connectivity probe', () => {
    const mark = '__null__'
    const probe = { ...metadata, source: mark, sourcetype: mark, host: mark, index: mark }
    assert.deepEqual(decodeLogRecord(encodeLogRecord(probe, [{ data: 'x' }])), { metadata: probe, items: [] })
  })

  it('tells itself from other JSON', () => {
    assert.equal(beginsLogRecord(Buffer.from(exampleText)), true)
    assert.equal(beginsLogRecord(Buffer.from('{"source":"x","host":"y"}')), false)
    assert.equal(beginsLogRecord(Buffer.from('plain text')), false)
  })

  describe('keeps what precedes a damage', () => {
    const entries = Array.from({ length: 400 }, (_, number) => ({ data: `event ${number} ${Math.sin(number)}` }))
    const whole = encodeLogRecord(metadata, entries)
    const all = messages(decodeLogRecord(whole).items)

    function assertSalvaged(payload: Uint8Array, code: string, atLeast: number, atMost = entries.length): void {
      const { items, error } = decodeLogRecord(payload)
      assert.equal(errorCode(error), code)
      assert.deepEqual(messages(items), all.slice(0, items.length))
      assert.ok(items.length >= atLeast && items.length <= atMost, `${items.length} events`)
    }

    it('a gzip cut short', () => {
      assertSalvaged(whole.subarray(0, whole.length / 2), 'GZIP_DAMAGED', 100, 300)
      assertSalvaged(whole.subarray(0, whole.length - 3), 'GZIP_DAMAGED', 400)
    })

    it('a wrong checksum', () => {
      const wrong = Buffer.from(whole)
      wrong[wrong.length - 8] = ~(wrong.at(-8) ?? 0)
      assertSalvaged(wrong, 'GZIP_DAMAGED', 400)
    })

    it('an impossible code inside', () => {
      const stored = gzipSync(logRecordText(metadata, entries), { level: 0 })
      stored[stored.length >>> 1] = 0x20
      assertSalvaged(stored, 'GZIP_DAMAGED', 100, 300)
      const blocks = Buffer.concat([whole.subarray(0, whole.length >>> 1), Buffer.alloc(2000, 0xff)])
      assertSalvaged(blocks, 'GZIP_DAMAGED', 100, 300)
    })

    it('JSON that is none, base64 that is none, and something else', () => {
      for (const rubbish of [
        '{"is_done":',
        '{"is_done":true,"data":"Q!=="}',
        '{"is_done":true,"data":"QQ="}',
        '{"data":5}',
        'null',
        '[1]',
        '{x}',
        '{"is_done":true,"data":"QQ',
      ]) {
        const { items, error } = decodeText(`${exampleText}${rubbish}\n`)
        assert.deepEqual(items, [first, second], rubbish)
        assert.equal(errorCode(error), 'LOG_RECORD_DAMAGED', rubbish)
      }
    })

    it('the limit of what it may inflate to', () => {
      const { items, error } = decodeLogRecord(whole, 20_000)
      assert.equal(errorCode(error), 'INFLATE_LIMIT')
      assert.deepEqual(messages(items), all.slice(0, items.length))
      assert.ok(items.length > 100, `${items.length} events`)
      const bomb = gzipSync(Buffer.alloc(65 * 1024 * 1024, ' '))
      assert.equal(errorCode(decodeLogRecord(bomb).error), 'INFLATE_LIMIT')
    })

    it('nothing of what is no gzip or has no metadata', () => {
      assert.deepEqual(decodeLogRecord(Buffer.from('hello')).items, [])
      assert.equal(errorCode(decodeLogRecord(Buffer.from('hello')).error), 'GZIP_DAMAGED')
      assert.equal(errorCode(decodeLogRecord(new Uint8Array()).error), 'GZIP_DAMAGED')
      for (const text of ['', '  ', 'null', '"x"', '{"source":5}', '{"source":"x"']) {
        const { metadata: none, error } = decodeText(text)
        assert.equal(none, undefined, text)
        assert.equal(errorCode(error), 'LOG_RECORD_DAMAGED', text)
      }
    })
  })

  const anyEntry: fc.Arbitrary<LogRecordEntry> = fc
    .record({
      data: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ maxLength: 40 }), fc.string({ unit: 'binary' })),
      seconds: fc.integer({ min: -62_167_219_200, max: 253_402_300_799 }),
      nanos: fc.oneof(fc.integer({ min: 0, max: 999_999_999 }), fc.constantFrom(0, 120_000_000, 999_999_999)),
      timed: fc.boolean(),
      done: fc.boolean(),
    })
    .map(({ data, seconds, nanos, timed, done }) => ({ data, done, ...(timed && { time: { seconds, nanos } }) }))
  const anyMetadata: fc.Arbitrary<LogRecordMetadata> = fc.record(
    {
      unbroken: fc.boolean(),
      source: fc.string(),
      sourcetype: fc.string(),
      host: fc.string({ unit: 'grapheme' }),
      index: fc.string(),
      encId: fc.bigInt({ min: 0n, max: 2n ** 63n - 2n }),
      blockId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    },
    { noNullPrototype: true },
  )

  it('gives back what was written', () => {
    fc.assert(
      fc.property(anyMetadata, fc.array(anyEntry), (meta, entries) => {
        const decoded = decodeLogRecord(encodeLogRecord(meta, entries, { level: 1 }))
        assert.equal(decoded.error, undefined)
        assert.deepEqual(decoded.metadata, meta)
        assert.equal(decoded.items.length, entries.length)
        decoded.items.forEach((item, i) => {
          const { data, time, done } = entries[i] ?? never()
          assert.deepEqual(Buffer.from(item.message as string), Buffer.from(data as string))
          assert.deepEqual(item.time, time)
          assert.equal(item.done === true, meta.unbroken && done === true)
        })
      }),
    )
  })

  // `{ "is_done"` means the same as `{"is_done"`, but is not the form that is read without JSON.parse.
  it('reads the canonical form as it reads any other, damaged or not', () => {
    const damage = fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 3 }),
      insert: fc.constantFrom('', '"', '\\', '=', '}', '{', ',', ' ', 'Q', 'é', '-'),
    })
    fc.assert(
      fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 6 }), fc.option(damage), (entries, damaged) => {
        let text = logRecordText(metadata, entries)
        if (damaged !== null) {
          const at = text.indexOf('\n') + 1 + (damaged.at % (text.length - text.indexOf('\n')))
          text = text.slice(0, at) + damaged.insert + text.slice(at + damaged.cut)
        }
        const fast = decodeText(text)
        const general = decodeText(text.replaceAll('{"is_done"', '{ "is_done"'))
        assert.deepEqual(fast.items, general.items)
        assert.equal(errorCode(fast.error), errorCode(general.error))
      }),
      { numRuns: 500 },
    )
  })
})

function never(): never {
  throw new Error('out of reach')
}

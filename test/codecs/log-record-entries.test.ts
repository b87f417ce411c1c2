import assert from 'node:assert/strict'
import fc from 'fast-check'
import { LogRecordEntries } from '../../src/codecs/log-record-entries.ts'
import { decodeInflatedLogRecord, type LogRecordMetadata } from '../../src/codecs/log-record.ts'
import { logRecordText } from '../../src/codecs/log-record-encoding.ts'
import { parseRfc3339 } from '../../src/codecs/rfc3339.ts'

const metadata: LogRecordMetadata = {
  unbroken: true,
  source: 's',
  sourcetype: '',
  host: '',
  index: '',
  encId: 4611686018427387905n,
  blockId: 1n,
}

/** Both readers of log records must see the same in any text. */
function compare(text: string): void {
  const entries = new LogRecordEntries({ bytes: Buffer.from(text) })
  const decoded = decodeInflatedLogRecord({ bytes: Buffer.from(text) })
  assert.deepEqual(entries.metadata, decoded.metadata)
  const target = Buffer.alloc(2_000_000)
  const read: unknown[] = []
  while (entries.next()) {
    const end = entries.write(target, 0)
    if (end < 0) continue
    const { timeText } = entries
    const done = entries.done && entries.metadata?.unbroken === true // events say it of unbroken streams only
    read.push([target.toString('latin1', 0, end), timeText === undefined ? undefined : parseRfc3339(timeText), done])
  }
  assert.deepEqual(
    read,
    decoded.items.map(({ message, time, done = false }) => [
      Buffer.from(message as string).toString('latin1'),
      time,
      done,
    ]),
  )
  assert.equal(entries.error?.message, decoded.error?.message)
  entries.free()
}

describe('the entries of a log record', () => {
  it('are those the decoder makes events of, damaged or not', () => {
    const entry = fc.record(
      {
        data: fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constant(Buffer.alloc(40_000, 'x'))),
        time: fc.record({ seconds: fc.integer({ min: 0 }), nanos: fc.nat({ max: 999_999_999 }) }),
        done: fc.boolean(),
      },
      { requiredKeys: ['data'], noNullPrototype: true },
    )
    const change = fc.tuple(fc.nat({ max: 1000 }), fc.constantFrom('', ' ', '\n', '*', '\\', '"', '}', '{"x":{}}', 'é'))
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 40 }), fc.array(change, { maxLength: 2 }), (entries, changes) => {
        let text = logRecordText(metadata, entries)
        for (const [at, what] of changes) {
          const position = Math.floor((at * text.length) / 1000)
          text = text.slice(0, position) + what + text.slice(position + 1)
        }
        compare(text)
      }),
      { numRuns: 300 },
    )
  })

  it('are read in any form, across the pieces in which the text is looked at', () => {
    const entries = Array.from({ length: 3000 }, (_, number) => ({
      data: `event ${number} ${'x'.repeat(number % 97)}`,
    }))
    const text = logRecordText(metadata, entries)
    compare(text)
    compare(text.replaceAll('"data":', '"data" : ').replaceAll('\n', ''))
    compare(text.replaceAll('{"is_done":true,"data":"ZX', '{"is_done":true,"data":"\\u005aX'))
    compare(text.replaceAll('\n', '\n'.repeat(3) + ' '.repeat(50)))
    compare(logRecordText(metadata, [{ data: 'y'.repeat(1_000_000) }, ...entries]))
    compare(text.replace('"data":"ZXZlbnQgMjAwM', '"data":"ZXZlbnQ*MjAwM'))
    compare(text.slice(0, 100_000))
    const timed = logRecordText(metadata, [...entries.slice(0, 3), { data: 'x', time: { seconds: 1, nanos: 500 } }])
    for (const what of ['\\', '\n', '\\u005a', 'é']) compare(timed.replace('Z"', `${what}Z"`))
  })

  it('are none in the probe, and none behind metadata which is none', () => {
    const mark = '__null__'
    compare(logRecordText({ ...metadata, source: mark, sourcetype: mark, host: mark, index: mark }, [{ data: 'x' }]))
    compare('')
    compare('{"source":7}{"data":"QQ=="}')
    compare(`{"source":"${'s'.repeat(100_000)}"}{"data":"QQ=="}`)
  })
})

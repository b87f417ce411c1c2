import assert from 'node:assert/strict'
import { logRecordDecoder } from '../../../src/codecs/log-record.ts'
import { encodeLogRecord } from '../../../src/codecs/log-record-encoding.ts'
import { lineNumber, LogLines, type LogLine } from '../../../scripts/demo/log-lines.ts'

function some(count: number, seed = 1): readonly LogLine[] {
  const lines = new LogLines(seed)
  return Array.from({ length: count }, (_, i) => lines.next(1_795_000_000_000 + i * 7))
}

describe('log lines of the demo', () => {
  it('follow from the seed', () => {
    assert.deepEqual(some(500), some(500))
    assert.notDeepEqual(some(500), some(500, 2))
  })

  it('bear their number', () => {
    assert.deepEqual(
      some(500).map(({ text }) => lineNumber(text)),
      Array.from({ length: 500 }, (_, i) => i + 1),
    )
    assert.equal(lineNumber('GET / HTTP/1.1'), undefined)
  })

  it('hold what makes logs hard: many origins, several lines, all scripts, characters of XML and JSON', () => {
    const lines = some(2000)
    assert.equal(new Set(lines.map(({ origin }) => JSON.stringify(origin))).size, 7)
    assert.ok(lines.some(({ origin }) => origin.unbroken) && lines.some(({ origin }) => !origin.unbroken))
    for (const wanted of ['\n\tat ', 'ü', '山', '🍮', '<', '>', '&', '"']) {
      assert.ok(
        lines.some(({ text }) => text.includes(wanted)),
        `no line with ${wanted}`,
      )
    }
    // What XML cannot carry would be replaced on the way, and the demo compares texts.
    for (const { text } of lines) assert.doesNotMatch(text, /[^\P{C}\t\n]/u)
  })

  it('bear the time they were made at, to the microsecond', () => {
    const { time } = new LogLines(1).next(1_795_000_000_123)
    assert.equal(time.seconds, 1_795_000_000)
    assert.equal(Math.floor(time.nanos / 1_000_000), 123)
    assert.equal(time.nanos % 1000, 0)
    assert.notEqual(time.nanos % 1_000_000, 0)
  })

  it('go through a log record', () => {
    const [line] = some(1)
    assert.ok(line !== undefined)
    const { origin, text, time } = line
    const record = encodeLogRecord({ ...origin, encId: 1n, blockId: 0n }, [{ data: `${text}\n`, time }])
    const [event] = logRecordDecoder.decode(record).items
    assert.equal(Buffer.from(event?.message ?? '').toString(), `${text}\n`)
    assert.deepEqual(event?.time, time)
  })
})

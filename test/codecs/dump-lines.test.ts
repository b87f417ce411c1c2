import assert from 'node:assert/strict'
import fc from 'fast-check'
import { DumpLineReader } from '../../src/codecs/dump-line.ts'
import { type DumpLinePiece, DumpLines } from '../../src/codecs/dump-lines.ts'
import { errorCode } from '../../src/core/errors.ts'

describe('a dump line', () => {
  const line = '{"arrival_time":"2017-05-01T12:00:00.123Z","partition_key":"broken-1","seq":"4959","data":"H4sIAA=="}'
  const record = {
    arrivalTime: '2017-05-01T12:00:00.123Z',
    partitionKey: 'broken-1',
    sequenceNumber: '4959',
    data: Buffer.from('H4sIAA==', 'base64'),
  }
  const read = (text: string): unknown => new DumpLineReader().read(Buffer.from(text))

  it('is read in the form dumpstream writes, and in any other', () => {
    assert.deepEqual(read(line), record)
    assert.deepEqual(read(` ${line.replaceAll(',"', ' , "').replaceAll('":', '" : ')} \r`), record)
    assert.deepEqual(read('{"DATA":"H4sI\\nAA==","Seq":"4959","Partition_Key":"broken-1","extra":[{}]}'), {
      ...record,
      arrivalTime: '',
    })
    assert.deepEqual(read('{"data":null}'), {
      arrivalTime: '',
      partitionKey: '',
      sequenceNumber: '',
      data: Buffer.alloc(0),
    })
    assert.deepEqual(read(line.replace('broken-1', 'a\\"\\u00e4\\u003c')), { ...record, partitionKey: 'a"ä<' })
    assert.deepEqual(read(line.replace('broken-1', 'ä\u{1f600}')), { ...record, partitionKey: 'ä\u{1f600}' })
    assert.deepEqual(read(line.replace('H4sIAA==', '')), { ...record, data: Buffer.alloc(0) })
  })

  it('is refused when it is none', () => {
    for (const text of [
      'x',
      '[]',
      '7',
      'null',
      '{',
      line.slice(0, -1),
      line.slice(0, -2),
      line.slice(0, -3),
      line.replace('AA==', 'AA='),
      line.replace('AA==', 'A*=='),
      line.replace('AA==', 'A==='),
      line.replace('"4959"', '4959'),
      `${line}${line}`,
    ]) {
      assert.throws(
        () => read(text),
        (error) => errorCode(error) === 'DUMP_LINE_DAMAGED',
        text,
      )
    }
  })

  it('may be as long as a record of 10 MiB makes it', () => {
    const data = Buffer.alloc(10 * 1024 * 1024, 'kinesis')
    const reader = new DumpLineReader()
    const long = reader.read(Buffer.from(line.replace('H4sIAA==', data.toString('base64'))))
    assert.ok(long.data.equals(data))
    assert.deepEqual(reader.read(Buffer.from(line)), record)
  })
})

describe('lines out of chunks', () => {
  const told = (pieces: Iterable<DumpLinePiece>): string[] =>
    [...pieces].map((piece) => `${piece.kind === 'line' ? '' : piece.ends ? '>|' : '>'}${piece.bytes.toString()}`)

  it('are the same wherever the chunks begin and end', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 60 }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 8 }),
        (text, cuts) => {
          const lines = new DumpLines(100)
          const borders = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length]
          const found = borders
            .slice(1)
            .flatMap((end, i) => told(lines.push(Buffer.from(text.slice(borders[i], end)))))
            .concat(told(lines.end()))
          const expected = text.split('\n')
          if (expected.at(-1) === '') expected.pop()
          assert.deepEqual(found, expected)
        },
      ),
    )
  })

  it('go through in parts when they are longer than any may be', () => {
    const lines = new DumpLines(4)
    assert.deepEqual(told(lines.push(Buffer.from('1234\n12345\n123'))), ['1234', '>|12345'])
    assert.deepEqual(told(lines.push(Buffer.from('45'))), ['>12345'])
    assert.deepEqual(told(lines.push(Buffer.from('6789'))), ['>6789'])
    assert.deepEqual(told(lines.push(Buffer.from('0\nok\n'))), ['>|0', 'ok'])
    assert.deepEqual(told(lines.push(Buffer.from('12345'))), ['>12345'])
    assert.deepEqual(told(lines.end()), ['>|'])
    assert.deepEqual(told(lines.end()), [])
  })
})

import { closeSync, openSync, statfsSync, writeSync } from 'node:fs'
import path from 'node:path'
import { encodeLogRecord } from '../../src/codecs/log-record-encoding.ts'
import { corpusMetadata } from './corpus.ts'
import { logLines } from './log-lines.ts'

const blockRecords = 300
/** They make records of one payload unit, as the log sender's are. */
const recordEvents = 330

/**
 * Writes a dump of log records as `dumpstream` prints it, of at least so many bytes: the same few hundred records over
 * and over, under sequence numbers of their own. Returns the bytes.
 */
export function writeDump(file: string, minBytes: number): number {
  const { bavail, bsize } = statfsSync(path.dirname(file))
  if (bavail * bsize < minBytes * 2) throw new Error(`${path.dirname(file)} has not ${minBytes * 2} bytes left`)
  const block = [...records()].map((record) => record.toString('base64'))
  const output = openSync(file, 'w')
  let bytes = 0
  for (let number = 0; bytes < minBytes; ) {
    let text = ''
    for (const data of block) {
      number += 1
      const sequence = `49${String(number).padStart(54, '0')}`
      text += `{"arrival_time":"2026-01-01T00:00:00.123Z","partition_key":"broken-${number}","seq":"${sequence}","data":"${data}"}\n`
    }
    bytes += writeSync(output, text)
  }
  closeSync(output)
  return bytes
}

function* records(): Generator<Buffer> {
  const lines = [...logLines(blockRecords * recordEvents)]
  for (let record = 0; record < blockRecords; record += 1) {
    const entries = Array.from({ length: recordEvents }, (_, i) => ({
      data: lines[record * recordEvents + i] ?? '',
      time: { seconds: 1_767_225_600 + record, nanos: i * 3_000_017 },
    }))
    yield encodeLogRecord(corpusMetadata, entries)
  }
}

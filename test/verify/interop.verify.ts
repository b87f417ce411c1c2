import assert from 'node:assert/strict'
import { decodeLogRecord, type LogRecordMetadata } from '../../src/codecs/log-record.ts'
import { encodeLogRecord, type LogRecordEntry } from '../../src/codecs/log-record-encoding.ts'
import { formatRfc3339 } from '../../src/codecs/rfc3339.ts'
import { logRecordPy, type OddRecord, oddRecords, oddRecordsJson, parseExactly } from '../interop/python.ts'
import { SeededRandom } from '../support/seeded-random.ts'

/** What Python prints of an event. */
interface PythonEvent extends Readonly<Record<string, unknown>> {
  readonly is_done: boolean
  readonly ts: string | null
  readonly data: string
  readonly seq: string
}

/** What log_record.py makes of these records, in the metadata's and the entries' own words. */
async function decodedByPython(records: readonly Uint8Array[]): Promise<readonly PythonEvent[]> {
  const lines = records.map((record, i) => {
    const data = Buffer.from(record).toString('base64')
    return `{"arrival_time":"2026-01-01T00:00:00Z","partition_key":"broken-1","seq":"${i}","data":"${data}"}\n`
  })
  return (await logRecordPy('decode', lines.join(''))).map((line) => parseExactly(line) as PythonEvent)
}

describe('records which Python made', () => {
  const odd = oddRecords()
  let dump: readonly string[]
  before(async () => {
    dump = await logRecordPy('encode', oddRecordsJson)
  })

  for (const [i, record] of odd.entries()) {
    it(`decode here: ${record.name}`, () => {
      const { data } = JSON.parse(dump[i] ?? '') as { data: string }
      const { metadata, items, error } = decodeLogRecord(Buffer.from(data, 'base64'))
      assert.equal(error, undefined)
      assert.deepEqual(metadata, metadataOf(record))
      assert.deepEqual(
        items.map(({ message, time, done }) => ({
          hex: Buffer.from(message as string).toString('hex'),
          ts: time && formatRfc3339(time),
          ...(done === true && { is_done: true }),
        })),
        record.events.map(({ hex, ts, utc, is_done }) => ({ hex, ts: utc ?? ts, ...(is_done && { is_done }) })),
      )
    })
  }

  it('decode in Python too', async () => {
    const events = await logRecordPy('decode', `${dump.join('\n')}\n`)
    const expected = odd.flatMap((record, i) =>
      record.events.map(({ hex, ts, is_done = false }) => ({
        metadata: metadataOf(record),
        event: { hex, ts: ts ?? null, is_done },
        seq: String(i + 1),
      })),
    )
    assert.deepEqual(
      events.map((line) => {
        const { ts, data, is_done, seq, ...said } = parseExactly(line) as PythonEvent
        return {
          metadata: metadataOf({ metadata: said }),
          event: {
            hex: Buffer.from(data, 'base64').toString('hex'),
            ts,
            is_done: is_done && said['unbroken'] === true,
          },
          seq,
        }
      }),
      expected,
    )
  })
})

describe('records made here', () => {
  it('decode in Python: one of everything', async () => {
    const metadata: LogRecordMetadata = {
      unbroken: false,
      source: 'C:\\logs\\<b>&"\u0001\u2028',
      sourcetype: 'größe',
      host: '世界',
      index: '🍮',
      encId: 2n ** 63n - 2n,
      blockId: 0n,
      batchId: 'to others an unknown key',
    }
    const entries: LogRecordEntry[] = [
      { data: 'with a time', time: { seconds: 1_493_640_000, nanos: 123_456_789 } },
      { data: 'without one' },
      { data: '' },
      { data: Buffer.from('ff00fe0a0ac328', 'hex'), time: { seconds: -1, nanos: 1 } },
      { data: 'é世🍮\r\n' },
    ]
    await assertDecodes([{ metadata, entries }])
  })

  it('decode in Python: 300 at random', async () => {
    const seed = Number(process.env['KINLOADER_SEED'] ?? Math.floor(Math.random() * 2 ** 32))
    const random = new SeededRandom(seed)
    await assertDecodes(
      Array.from({ length: 300 }, () => randomRecord(random)),
      `KINLOADER_SEED=${seed}`,
    )
  })
})

interface PlainRecord {
  readonly metadata: LogRecordMetadata
  readonly entries: readonly LogRecordEntry[]
}

async function assertDecodes(records: readonly PlainRecord[], seed?: string): Promise<void> {
  const decoded = await decodedByPython(records.map(({ metadata, entries }) => encodeLogRecord(metadata, entries)))
  const expected = records.flatMap(({ metadata, entries }, i) => {
    const { unbroken, source, sourcetype, host, index, encId, blockId } = metadata
    const said = { unbroken, source, sourcetype, host, index, enc_id: encId, block_id: blockId }
    return entries.map(({ data, time, done = true }) => ({
      ...said,
      is_done: done,
      ts: time === undefined ? null : formatRfc3339(time),
      data: Buffer.from(data as string).toString('base64'),
      partition_key: 'broken-1',
      seq: String(i),
    }))
  })
  assert.deepEqual(decoded, expected, seed)
}

function randomRecord(random: SeededRandom): PlainRecord {
  const word = (): string => random.pick(['', 'main', '/var/log/app.log', 'größe <&> "x"', '%host%', '🍮\t', '\u2029'])
  const unbroken = random.next() < 0.2
  const metadata = {
    unbroken,
    source: word(),
    sourcetype: word(),
    host: word(),
    index: word(),
    encId: BigInt(random.between(0, 2 ** 31)) * 2n ** 31n + BigInt(random.between(0, 2 ** 31)),
    blockId: unbroken ? BigInt(random.between(1, 1_000_000)) : 0n,
  }
  const entries = Array.from({ length: random.between(0, 12) }, () => ({
    data: Buffer.from(Array.from({ length: random.between(0, 50) }, () => random.between(0, 255))),
    done: !unbroken || random.next() < 0.1,
    ...(random.next() < 0.5 && {
      time: { seconds: random.between(-(10 ** 9), 4 * 10 ** 9), nanos: random.between(0, 999_999_999) },
    }),
  }))
  return { metadata, entries }
}

function metadataOf({ metadata }: Pick<OddRecord, 'metadata'>): LogRecordMetadata {
  const { unbroken = false, source = '', sourcetype = '', host = '', index = '' } = metadata
  const { enc_id: encId = 0n, block_id: blockId = 0n } = metadata
  return { unbroken, source, sourcetype, host, index, encId, blockId } as LogRecordMetadata
}

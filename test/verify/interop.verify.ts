import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createKinesisClient } from '../../src/clients/aws.ts'
import { decodeLogRecord, type LogRecordMetadata } from '../../src/codecs/log-record.ts'
import { encodeLogRecord, type LogRecordEntry } from '../../src/codecs/log-record-encoding.ts'
import { formatRfc3339 } from '../../src/codecs/rfc3339.ts'
import type { LogEvent } from '../../src/core/event.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { openLogSender } from '../../src/wiring/log-sender.ts'
import { KinesisEngine } from '../fakes/kinesis/engine.ts'
import { SdkDoor } from '../fakes/kinesis/sdk-door.ts'
import { logRecordPy, type OddRecord, oddRecords, oddRecordsJson, parseExactly } from '../interop/python.ts'
import { CommandShell } from '../support/command-shell.ts'
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

  describe('in logdecode', () => {
    let shell: CommandShell
    const told = odd.flatMap((record, i) =>
      record.bare === true ? [] : [{ record, line: () => dump[i] ?? '', seq: i + 1 }],
    )

    before(() => {
      shell = new CommandShell({})
      writeFileSync(path.join(shell.folder, 'dump'), told.map(({ line }) => `${line()}\n`).join(''))
    })

    after(() => {
      shell.close()
    })

    it('as JSON', async () => {
      const { code, stdout, stderr } = await shell.run('logdecode --format json <dump')
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
      const printed = stdout
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => parseExactly(line))
      const expected = told.flatMap(({ record, seq }) => {
        const { encId, blockId, ...said } = metadataOf(record)
        return record.events.map(({ hex, ts }) => ({
          ...said,
          enc_id: encId,
          block_id: blockId,
          log_timestamp: ts ?? null,
          event: Buffer.from(hex, 'hex').toString(),
          approx_arrival_time: '2017-05-01T12:00:01.5Z',
          partition_key: partitionKeyOf(record, seq),
          seq: String(seq),
        }))
      })
      assert.deepEqual(printed, expected)
    })

    it('as their bytes', async () => {
      const { code, stdout, stderr } = await shell.run('logdecode <dump')
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
      const expected = told.flatMap(({ record }) =>
        record.events.map(({ hex, is_done }) => {
          // A line feed at the end of each event; but not behind a chunk which goes on, or after nothing.
          const goesOn = record.metadata['unbroken'] === true && is_done !== true
          return hex === '' || hex.endsWith('0a') || goesOn ? hex : `${hex}0a`
        }),
      )
      assert.equal(stdout.toString('hex'), expected.join(''))
    })
  })

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

  it('decode in Python: what the log sender put', async () => {
    const engine = new KinesisEngine({ clock: systemClock })
    engine.createStream('logs', { shards: 3 })
    const client = createKinesisClient({
      region: engine.region,
      credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
      requestHandler: new SdkDoor(engine, { clock: systemClock }),
    })
    const sender = await openLogSender({ stream: 'logs', client, logger: silentLogger })
    const sent = Array.from({ length: 5000 }, (_, i): LogEvent => {
      const message = i % 7 === 0 ? Buffer.from([i & 0xff, 0xff, 0x00, i >> 8]) : `line ${i} größe\n`
      const time = i % 3 === 0 ? { time: { seconds: 1_800_000_000 + i, nanos: i * 199_999 } } : {}
      return { message, source: `app-${i % 4}`, host: 'web-1', sourcetype: 'größe <&>', index: '', ...time }
    })
    for (const event of sent) await sender.write(event)
    assert.deepEqual(await sender.close(), { events: 0, bytes: 0 })

    const records = engine.stream('logs').shards.flatMap((shard) => shard.records)
    const decoded = await decodedByPython(records.map(({ data }) => data))
    const key = ({ source, host, sourcetype, index, ts, data }: Readonly<Record<string, unknown>>): string =>
      JSON.stringify([source, host, sourcetype, index, ts, data])
    const expected = sent.map(({ message, time, ...said }) =>
      key({
        ...said,
        ts: time === undefined ? null : formatRfc3339(time),
        data: Buffer.from(message as string).toString('base64'),
      }),
    )
    assert.deepEqual(decoded.map(key).sort(), expected.sort())
    // One process, one id; the probe is a record without events.
    assert.equal(new Set(decoded.map(({ enc_id }) => enc_id)).size, 1)
    assert.ok(records.length > new Set(decoded.map(({ seq }) => seq)).size)
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

function partitionKeyOf({ partition_key }: OddRecord, seq: number): string {
  return partition_key ?? `broken-${seq}`
}

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

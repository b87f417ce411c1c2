import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { logRecordText } from '../../../../src/codecs/log-record-encoding.ts'
import type { LogRecordMetadata } from '../../../../src/codecs/log-record.ts'
import { TerminalLine } from '../../../../src/host/terminal-line.ts'
import { AnyDump } from '../../../../src/wiring/commands/logdecode/any-dump.ts'
import { BadRecords } from '../../../../src/wiring/commands/logdecode/bad-records.ts'
import { Decoding } from '../../../../src/wiring/commands/logdecode/decoding.ts'
import { rawFormat } from '../../../../src/wiring/commands/logdecode/formats.ts'
import { Repeats } from '../../../../src/core/repeats.ts'
import { streamTarget } from '../../../../src/wiring/commands/logdecode/target.ts'

const metadata: LogRecordMetadata = {
  unbroken: false,
  source: 'a}b',
  sourcetype: '',
  host: '',
  index: '',
  encId: 1n,
  blockId: 0n,
}

class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('latin1')
    done()
  }
}

interface Result {
  readonly events: string
  readonly told: string
}

/** What comes out, and what is told, when the input comes in these chunks. */
async function decoded(chunks: readonly Buffer[], { pauses = false, repeats = false } = {}): Promise<Result> {
  const events = new Collected()
  const told = new Collected()
  const bad = new BadRecords({ terminal: new TerminalLine(told) })
  const decoding = new Decoding({
    format: rawFormat,
    target: streamTarget(events),
    bad,
    repeats: repeats ? new Repeats() : undefined,
  })
  const dump = new AnyDump()
  for (const chunk of chunks) {
    for (const item of dump.push(chunk)) await decoding.take(item)
    if (pauses) for (const item of dump.quiet()) await decoding.take(item)
  }
  for (const item of dump.end()) await decoding.take(item)
  await decoding.flush()
  return { events: events.text, told: told.text }
}

function cutAt(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const borders = [0, ...[...cuts].sort((a, b) => a - b), whole.length]
  return borders.slice(1).map((end, i) => whole.subarray(borders[i], end))
}

function record(events: readonly string[], more: Partial<LogRecordMetadata> = {}): string {
  return logRecordText(
    { ...metadata, ...more },
    events.map((data) => ({ data })),
  )
}

function line(data: Buffer, number = 1): string {
  return `{"arrival_time":"2017-05-01T12:00:00Z","partition_key":"k","seq":"${number}","data":"${data.toString('base64')}"}\n`
}

const cuts = fc.array(fc.nat({ max: 1000 }), { maxLength: 8 })

describe('a dump', () => {
  it('of lines gives the same wherever its chunks begin and end', async () => {
    const whole = Buffer.from(
      [
        line(gzipSync(record(['one', 'two\n'])), 1),
        '\n  \r\n',
        'nonsense\n',
        line(Buffer.from('no gzip'), 2),
        line(gzipSync(record(['three'])).subarray(0, 40), 3),
        line(gzipSync('some\ntext'), 4),
        line(gzipSync(record(['', 'four'])), 5).trimEnd(),
      ].join(''),
    )
    const { events, told } = await decoded([whole])
    assert.equal(events, 'one\ntwo\nsome\ntext\nfour\n')
    const lines = told.split('\n')
    assert.match(lines[0] ?? '', /^logdecode: Failed to decode record: .* \(record 2\)$/)
    assert.match(
      lines[1] ?? '',
      /^logdecode: Failed to create log record decoder: .*no gzip \(record 3, sequence number 2\)$/,
    )
    assert.match(lines[2] ?? '', /^logdecode: Failed to .*damaged gzip.* \(record 4, sequence number 3\)$/)
    assert.equal(lines.length, 4)
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        const chunks = cutAt(
          whole,
          at.map((cut) => Math.floor((cut * whole.length) / 1000)),
        )
        assert.deepEqual(await decoded(chunks), { events, told })
      }),
      { numRuns: 60 },
    )
  })

  it('of bare gzip gives the same wherever its chunks begin and end, and its records are cut into members', async () => {
    const records = [record(['one', 'two\n']), record(['three'], { source: 's' }), 'some\ntext', record(['four'])]
    const expected = { events: 'one\ntwo\nthree\nsome\ntext\nfour\n', told: '' }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 1000 }), { maxLength: 3 }),
        cuts,
        fc.boolean(),
        async (inside, at, pauses) => {
          const members = records.flatMap((text, number) => {
            const bytes = Buffer.from(text)
            // Text of which nothing is known is a member a record.
            const borders = number === 2 ? [] : inside.map((cut) => Math.floor((cut * bytes.length) / 1000))
            return cutAt(
              bytes,
              borders.filter((border) => border > 0 && border < bytes.length),
            ).map((part) => gzipSync(part))
          })
          const whole = Buffer.concat(members)
          const chunks = cutAt(
            whole,
            at.map((cut) => Math.floor((cut * whole.length) / 1000)),
          )
          assert.deepEqual(await decoded(chunks, { pauses }), expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('of bare gzip tells what is missing, and keeps the rest', async () => {
    const one = gzipSync(record(['one']))
    const two = gzipSync(record(['two']))
    const cutText = gzipSync(record(['cut', 'lost']).slice(0, -9))
    assert.deepEqual(
      await decoded([Buffer.concat([one, cutText, two])]).then(({ events }) => events),
      'one\ncut\ntwo\n',
    )
    const { told } = await decoded([Buffer.concat([one, cutText])])
    assert.match(told, /^logdecode: Failed to decode log record: .*does not end\. \(record 2\)\n$/)
    const { events, told: second } = await decoded([Buffer.concat([one, two.subarray(0, two.length - 3)])])
    assert.equal(events, 'one\ntwo\n')
    assert.match(second, /damaged gzip.* \(record 2\)\n$/)
  })

  it('drops what has come already, whole records only, and its continuation', async () => {
    const batch = (id: string, events: string[]): Buffer => Buffer.from(record(events, { batchId: id }))
    const first = batch('1', ['a', 'b', 'c'])
    const half = first.lastIndexOf('{')
    const inTwo = [first.subarray(0, half), first.subarray(half)]
    const members = [...inTwo, batch('2', ['d']), ...inTwo, batch('3', ['e'])]
    const raw = Buffer.concat(members.map((member) => gzipSync(member)))
    assert.equal((await decoded([raw], { repeats: true })).events, 'a\nb\nc\nd\ne\n')
    assert.equal((await decoded([raw])).events, 'a\nb\nc\nd\na\nb\nc\ne\n')
    const damaged = gzipSync(batch('4', ['f', 'g'])).subarray(0, -4)
    const lines = Buffer.from([damaged, gzipSync(batch('4', ['f', 'g']))].map((data) => line(data)).join(''))
    assert.equal((await decoded([lines], { repeats: true })).events, 'f\ng\nf\ng\n')
  })

  it('holds no endless record of empty members in memory', () => {
    const [open, empty] = [gzipSync('{"unbroken":false,'), gzipSync('')]
    const dump = new AnyDump()
    const items = [...dump.push(Buffer.concat([open, ...Array<Buffer>(40_000).fill(empty)])), ...dump.quiet()]
    // Without an end in sight it is given up as it is.
    assert.equal(items[0]?.kind, 'record')
  })

  it('is refused when it is binary, and is nothing when it is empty', async () => {
    await assert.rejects(decoded([Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1])]), { code: 'NO_DUMP' })
    await assert.rejects(decoded([Buffer.from([0x1f])]), { code: 'NO_DUMP' })
    assert.deepEqual(await decoded([]), { events: '', told: '' })
    assert.deepEqual(await decoded([Buffer.from('\n')]), { events: '', told: '' })
  })
})

describe('batches which have come', () => {
  it('are remembered as far as there is room, however long their ids', () => {
    const repeats = new Repeats({ maxIds: 2 })
    const long = 'x'.repeat(1_000_000)
    for (const id of [`${long}1`, 'b']) repeats.remember(id)
    assert.deepEqual(
      [`${long}1`, `${long}2`, 'b'].map((id) => repeats.has(id)),
      [true, false, true],
    )
    repeats.remember('c')
    assert.deepEqual(
      [`${long}1`, 'b', 'c'].map((id) => repeats.has(id)),
      [false, true, true],
    )
    assert.equal(repeats.count, 4)
  })
})

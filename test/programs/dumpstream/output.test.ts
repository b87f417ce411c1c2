import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { systemClock } from '../../../src/host/system-clock.ts'
import type { CommandEnd } from '../../support/spawned-command.ts'
import { DumpWorld, dumpedTexts } from '../../support/dump-world.ts'

const everything = ['--default-to-horizon', '--until-now', '--max-rate', '50']

function succeeded({ code, stderr }: CommandEnd): void {
  assert.equal(code, 0, stderr)
}

describe('dumpstream: what was there', () => {
  let world: DumpWorld
  const lines: string[] = []
  let runs: Record<'json' | 'raw' | 'tip' | 'back' | 'time', CommandEnd>

  before(async () => {
    world = await DumpWorld.start(2)
    const [first = ''] = world.engine.openShards('logs')
    const put = (text: string, shardId: string, partitionKey: string): void => {
      const data = gzipSync(`${text}\n`)
      const { arrivalMs, sequenceNumber } = world.engine.put('logs', { data, shardId, partitionKey })
      const time = new Date(arrivalMs).toISOString().replace(/\.?0*Z$/, 'Z')
      const key = partitionKey.replace('<', '\\u003c')
      lines.push(
        `{"arrival_time":"${time}","partition_key":"${key}","seq":"${sequenceNumber}","data":"${data.toString('base64')}"}`,
      )
    }
    for (let i = 0; i < 20; i += 1) put(`parent ${i}`, first, 'a<b')
    // Nothing arrives in the same millisecond.
    await systemClock.sleep(5)
    const afterParents = new Date(systemClock.now()).toISOString()
    await systemClock.sleep(5)
    for (const [i, child] of world.engine.split('logs', first).entries()) put(`child ${i}`, child, 'c')
    // The tip is a point in time, in whole seconds.
    await systemClock.sleep(1100)
    const [json, raw, tip, back, time] = await Promise.all([
      world.run(...everything),
      world.shell(`$program ${everything.join(' ')} --data-format raw | tee raw.gz | zcat`).end,
      world.run('--until-now', '--max-rate', '50'),
      world.run('--since', '1h', '--until-now', '--max-rate', '50'),
      world.run('--since', afterParents, '--until-now', '--max-rate', '50'),
    ])
    runs = { json, raw, tip, back, time }
    for (const run of Object.values(runs)) succeeded(run)
  })

  after(() => world.close())

  it('is a line for each record, byte for byte as ever, a parent before its children', () => {
    const printed = runs.json.stdout.toString().split('\n')
    assert.equal(printed.pop(), '')
    assert.deepEqual(printed.slice(0, 20), lines.slice(0, 20))
    assert.deepEqual(printed.slice(20).sort(), lines.slice(20).sort())
  })

  it('is, in raw, the records one after the other, which zcat takes for one file', () => {
    const texts = runs.raw.stdout.toString().split('\n')
    assert.deepEqual(
      texts.slice(0, 20),
      Array.from({ length: 20 }, (_, i) => `parent ${i}`),
    )
    assert.deepEqual(texts.slice(20).sort(), ['', 'child 0', 'child 1'])
    assert.equal(gunzipSync(readFileSync(world.path('raw.gz'))).toString(), runs.raw.stdout.toString())
  })

  it('is nothing from the tip on, and what came since a time', () => {
    assert.equal(runs.tip.stdout.toString(), '')
    const printed = ({ stdout }: CommandEnd): string[] => stdout.toString().split('\n').sort()
    assert.deepEqual(printed(runs.back), ['', ...lines].sort())
    assert.deepEqual(printed(runs.time), ['', ...lines.slice(20)].sort())
  })
})

describe('dumpstream: where it goes', () => {
  let world: DumpWorld

  beforeEach(async () => {
    world = await DumpWorld.start(2)
  })

  afterEach(() => world.close())

  it('follows the stream until it is ended, which is no failure', async () => {
    world.put('a')
    const dump = world.start('--default-to-horizon', '--max-rate', '50')
    await dump.until('the first record', () => dumpedTexts(dump.stdout).length === 1)
    world.put('b')
    await dump.until('the next record', () => dumpedTexts(dump.stdout).length === 2)
    const end = await dump.kill('SIGINT')
    succeeded(end)
    assert.deepEqual(dumpedTexts(end.stdout), ['a', 'b'])
    assert.match(end.stderr, /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d INFO at=start /)
  })

  it('asks no more often than it is told to, of all shards together', async () => {
    const dump = world.start('--default-to-horizon', '--max-rate', '4')
    const calls = (): readonly number[] =>
      world.engine.calls.entries.filter(({ operation }) => operation === 'GetRecords').map(({ atMs }) => atMs)
    await dump.until('its start', () => dump.stderr.includes('at=start'))
    await world.until('five requests', () => calls().length >= 5, dump)
    const [first = 0, , , , fifth = 0] = calls()
    // A second; on a busy machine the first request may be on its way for a while.
    assert.ok(fifth - first >= 750, `${fifth - first} ms`)
    succeeded(await dump.kill('SIGTERM'))
  })

  it('ends quietly when nobody reads on, with a lot to come and with a little', async () => {
    world.engine.createStream('few')
    for (const data of ['a', 'b', 'c', 'd']) world.engine.put('few', { data })
    world.engine.createStream('busy')
    for (let i = 0; i < 40; i += 1) world.engine.put('busy', { data: Buffer.alloc(50_000) })
    const line = '{ $program --default-to-horizon --max-rate 50; echo "exit $?" >&2; } | head -1'
    const ends = await Promise.all(
      ['few', 'busy'].map((stream) => world.shell(`LOG_KINESIS_STREAM=${stream}; ${line}`).end),
    )
    for (const { stdout, stderr } of ends) {
      assert.equal(dumpedTexts(stdout).length, 1)
      assert.match(stderr, /exit 0\n$/)
      assert.doesNotMatch(stderr, /EPIPE|dumpstream:|ERROR/)
    }
  })

  it('writes a file, empty at first, and leaves it alone when the stream is misspelt', async () => {
    world.put('a')
    writeFileSync(world.path('out.json'), 'an old dump')
    const misspelt = await world.run('--filename', 'out.json', '--stream-name', 'lags')
    assert.equal(misspelt.code, 100)
    assert.equal(world.text('out.json'), 'an old dump')
    const dump = world.start('--default-to-horizon', '--filename', 'out.json')
    await world.until('the record', () => world.text('out.json').endsWith('}\n'), dump)
    succeeded(await dump.kill('SIGTERM'))
    assert.deepEqual(dumpedTexts(world.text('out.json')), ['a'])
  })

  it('says in one sentence why it cannot open a file', async () => {
    const reasons = {
      '.': 'it is a folder (EISDIR)',
      'none/out.json': 'there is no such folder (ENOENT)',
      'out.json/out.json': 'a part of its path is no folder (ENOTDIR)',
    }
    writeFileSync(world.path('out.json'), '')
    const files = Object.keys(reasons)
    const ends = await Promise.all(files.map((file) => world.run('--filename', file)))
    assert.deepEqual(
      ends.map(({ code, stderr }) => [code, stderr]),
      Object.entries(reasons).map(([file, reason]) => [
        100,
        `dumpstream: Failed to open ${file} for write: ${reason}.\n`,
      ]),
    )
  })

  it('says that the disk is full, whether the shell or we have opened the file', async () => {
    // One record, and so one write: none after it which would fail for what this one has left out.
    world.engine.createStream('one')
    world.engine.put('one', { data: Buffer.alloc(60_000) })
    const ends = await Promise.all([
      world.run(...everything, '--stream-name', 'one', '--filename', '/dev/full'),
      world.shell(`$program ${everything.join(' ')} --stream-name one > /dev/full`).end,
      world.shell(`ulimit -f 64; $program ${everything.join(' ')} --stream-name one > out`).end,
    ])
    const sentences = [
      'Failed to write /dev/full: the disk is full (ENOSPC).',
      'Failed to write standard output: the disk is full (ENOSPC).',
      'Failed to write standard output: the file has reached the largest size allowed (EFBIG).',
    ]
    for (const [index, { code, stderr }] of ends.entries()) {
      assert.equal(code, 100)
      assert.equal(stderr.split('\n').at(-2), `dumpstream: ${sentences[index]}`)
    }
  })

  it('keeps whole records only, and remembers no other, when the disk becomes full', async () => {
    for (let i = 0; i < 30; i += 1) world.put(`${i} ${'x'.repeat(3000)}`)
    const flags = '--default-to-horizon --max-rate 50 --checkpoint-file cp --filename out.json'
    const numbers = (): number[] => {
      const lines = world.text('out.json')
      return dumpedTexts(lines.slice(0, lines.lastIndexOf('\n') + 1)).map((text) => Number(text.split(' ')[0]))
    }
    const full = await world.shell(`ulimit -f 64; $program ${flags}`).end
    assert.equal(full.code, 100)
    assert.match(full.stderr, /Failed to write out.json: the file has reached the largest size allowed \(EFBIG\)\./)
    assert.match(world.text('out.json'), /^$|\n$/)
    assert.ok(numbers().length < 30)
    const dump = world.start(...flags.split(' '))
    await world.until('all records', () => new Set(numbers()).size === 30, dump)
    succeeded(await dump.kill('SIGTERM'))
  })

  it('writes what the shell has opened where the shell stands in it, and pipes which have a name', async () => {
    world.put('a')
    const [group, named] = await Promise.all([
      world.shell(`{ echo begin; $program ${everything.join(' ')}; echo end; } > out`).end,
      world.shell(`mkfifo p; cat p & $program ${everything.join(' ')} --filename p; wait`).end,
    ])
    succeeded(group)
    succeeded(named)
    const lines = world.text('out').split('\n')
    assert.deepEqual([lines[0], lines[2], lines.length], ['begin', 'end', 4])
    assert.deepEqual(dumpedTexts(named.stdout), ['a'])
    const { code, stderr } = await world.run('--filename', 'p')
    assert.deepEqual([code, stderr], [100, 'dumpstream: Failed to open p for write: nobody reads from it (ENXIO).\n'])
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import { type CommandEnd } from '../../support/command-process.ts'
import { DumpWorld, dumpedTexts } from '../../support/dump-world.ts'

const everything = ['--default-to-horizon', '--until-now', '--max-rate', '50']

function succeeded({ code, stderr }: CommandEnd): void {
  assert.equal(code, 0, stderr)
}

describe('dumpstream: what it prints', () => {
  let world: DumpWorld

  beforeEach(async () => {
    world = await DumpWorld.start(2)
  })

  afterEach(() => world.close())

  it('prints a line for each record, byte for byte as ever', async () => {
    const { arrivalMs, sequenceNumber } = world.engine.put('logs', { data: gzipSync('x'), partitionKey: 'a<b' })
    const end = await world.run(...everything)
    succeeded(end)
    const time = new Date(arrivalMs).toISOString().replace(/\.?0*Z$/, 'Z')
    assert.equal(
      end.stdout.toString(),
      `{"arrival_time":"${time}","partition_key":"a\\u003cb","seq":"${sequenceNumber}","data":"${gzipSync('x').toString('base64')}"}\n`,
    )
  })

  it('prints raw records one after the other, which zcat takes for one file', async () => {
    const texts = Array.from({ length: 50 }, (_, number) => `{"n":${number}}\n`)
    for (const text of texts) world.engine.put('logs', { data: gzipSync(text), partitionKey: 'one' })
    const end = await world.shell(`$program ${everything.join(' ')} --data-format raw | tee raw.gz | zcat`).end
    succeeded(end)
    assert.equal(end.stdout.toString(), texts.join(''))
    assert.equal(gunzipSync(readFileSync(world.path('raw.gz'))).toString(), texts.join(''))
  })

  it('ends with what was there at the start, shards closed long ago and their children too', async () => {
    const [first = ''] = world.engine.openShards('logs')
    world.engine.put('logs', { data: 'parent', shardId: first })
    const [left, right] = world.engine.split('logs', first)
    world.engine.put('logs', { data: 'left', shardId: left })
    world.engine.put('logs', { data: 'right', shardId: right })
    const end = await world.run(...everything)
    succeeded(end)
    const texts = dumpedTexts(end.stdout)
    assert.equal(texts[0], 'parent')
    assert.deepEqual(texts.sort(), ['left', 'parent', 'right'])
  })

  it('begins at the tip by default, and at a time when told', async () => {
    world.put('before')
    const tip = await world.run('--until-now', '--max-rate', '50')
    succeeded(tip)
    assert.equal(tip.stdout.toString(), '')
    for (const since of ['1h', new Date(Date.now() - 60_000).toISOString()]) {
      assert.deepEqual(dumpedTexts((await world.run('--since', since, '--until-now')).stdout), ['before'])
    }
  })

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

  it('ends quietly when nobody reads on, with a lot to come and with nothing', async () => {
    world.put('a', 'b')
    const quiet = await world.shell('{ $program --default-to-horizon; echo "exit $?" >&2; } | head -1').end
    assert.equal(dumpedTexts(quiet.stdout)[0]?.length, 1)
    assert.match(quiet.stderr, /exit 0\n$/)
    assert.doesNotMatch(quiet.stderr, /EPIPE|dumpstream:|ERROR/)
    for (let i = 0; i < 40; i += 1) world.engine.put('logs', { data: Buffer.alloc(50_000), partitionKey: `${i}` })
    const busy = await world.shell('{ $program --default-to-horizon --max-rate 50; echo "exit $?" >&2; } | head -1').end
    assert.match(busy.stderr, /exit 0\n$/)
    assert.doesNotMatch(busy.stderr, /EPIPE|dumpstream:|ERROR/)
  })

  it('writes a file, empty at first, and complains of one it cannot write', async () => {
    world.put('a')
    succeeded(await world.run(...everything, '--filename', 'out.json'))
    world.put('b')
    succeeded(await world.run(...everything, '--filename', 'out.json'))
    assert.deepEqual(dumpedTexts(world.text('out.json')).sort(), ['a', 'b'])
    for (const [file, reason] of [
      ['.', 'it is a folder (EISDIR)'],
      ['none/out.json', 'there is no such folder (ENOENT)'],
    ]) {
      const { code, stderr } = await world.run(...everything, '--filename', file ?? '')
      assert.deepEqual([code, stderr], [100, `dumpstream: Failed to open ${file} for write: ${reason}.\n`])
    }
  })

  it('leaves the file of the last dump alone when the stream is misspelt', async () => {
    world.put('a')
    succeeded(await world.run(...everything, '--filename', 'out.json'))
    const { code } = await world.run(...everything, '--filename', 'out.json', '--stream-name', 'lags')
    assert.equal(code, 100)
    assert.deepEqual(dumpedTexts(world.text('out.json')), ['a'])
  })

  it('says that the disk is full, whether the shell or we have opened the file', async () => {
    world.put('a')
    const ours = await world.run(...everything, '--filename', '/dev/full')
    assert.equal(ours.code, 100)
    assert.match(ours.stderr, /^dumpstream: Failed to write \/dev\/full: the disk is full \(ENOSPC\)\.$/m)
    const redirected = await world.shell(`$program ${everything.join(' ')} > /dev/full`).end
    assert.equal(redirected.code, 100)
    assert.match(redirected.stderr, /^dumpstream: Failed to write standard output: the disk is full \(ENOSPC\)\.$/m)
  })

  it('keeps whole records only, and remembers no other, when the disk becomes full', async () => {
    for (let i = 0; i < 30; i += 1) world.put(`${i} ${'x'.repeat(3000)}`)
    const flags = `${everything.join(' ')} --checkpoint-file cp --filename out.json`
    const full = await world.shell(`ulimit -f 64; $program ${flags}`).end
    assert.equal(full.code, 100)
    assert.match(full.stderr, /Failed to write out.json: the file has reached the largest size allowed \(EFBIG\)\./)
    dumpedTexts(world.text('out.json'))
    succeeded(await world.shell(`$program ${flags}`).end)
    const numbers = dumpedTexts(world.text('out.json')).map((text) => Number(text.split(' ')[0]))
    assert.deepEqual(
      [...new Set(numbers)].sort((a, b) => a - b),
      [...Array(30).keys()],
    )
    const redirected = await world.shell(`ulimit -f 64; $program ${everything.join(' ')} > out.json`).end
    assert.equal(redirected.code, 100)
    assert.match(redirected.stderr, /Failed to write standard output: the file has reached the largest size/)
  })

  it('writes a file of the shell where the shell stands in it', async () => {
    world.put('a')
    succeeded(await world.shell(`{ echo begin; $program ${everything.join(' ')}; echo end; } > out`).end)
    const lines = world.text('out').split('\n')
    assert.deepEqual([lines[0], lines[2], lines.length], ['begin', 'end', 4])
  })

  it('writes a pipe which has a name', async () => {
    world.put('a')
    const end = await world.shell(`mkfifo p; cat p & $program ${everything.join(' ')} --filename p; wait`).end
    succeeded(end)
    assert.deepEqual(dumpedTexts(end.stdout), ['a'])
    const { code, stderr } = await world.run(...everything, '--filename', 'p')
    assert.deepEqual([code, stderr], [100, 'dumpstream: Failed to open p for write: nobody reads from it (ENXIO).\n'])
  })
})

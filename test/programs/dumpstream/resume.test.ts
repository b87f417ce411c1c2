import assert from 'node:assert/strict'
import { appendFileSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { CommandProcess } from '../../support/spawned-command.ts'
import { DumpWorld, dumpedTexts } from '../../support/dump-world.ts'

const fast = ['--default-to-horizon', '--max-rate', '100', '--checkpoint-file', 'cp', '--filename', 'out']

describe('dumpstream: going on where it stopped', () => {
  let world: DumpWorld

  beforeEach(async () => {
    world = await DumpWorld.start(2)
  })

  afterEach(() => world.close())

  /** Of whole lines. */
  function texts(): string[] {
    const lines = world.text('out')
    return dumpedTexts(lines.slice(0, lines.lastIndexOf('\n') + 1))
  }

  async function holds(dump: CommandProcess, isSo: () => boolean): Promise<void> {
    // It may be so already, by an earlier run; one which has not begun yet would not end in order.
    await dump.until('its start', () => / at=(start|import) /.test(dump.stderr))
    await world.until('the file', isSo, dump)
  }

  function wholeLines(): number {
    try {
      return world.text('out').split('\n').length - 1
    } catch {
      return 0
    }
  }

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`appends to its file after a ${signal}, with nothing twice and nothing lost`, async () => {
      const put: string[] = []
      for (let run = 0; run < 2; run += 1) {
        for (let i = 0; i < 200; i += 1) {
          put.push(`${run}.${i}`)
          world.put(`${run}.${i}`)
        }
        const dump = world.start(...fast)
        // Ended in the middle: what was not written belongs to the next run.
        await holds(dump, () => wholeLines() > run * 200 + 20)
        assert.equal((await dump.kill(signal)).code, 0)
      }
      const last = world.start(...fast)
      await holds(last, () => wholeLines() >= put.length)
      assert.equal((await last.kill(signal)).code, 0)
      assert.deepEqual(texts().sort(), put.sort())
    })
  }

  it('goes on after SIGKILL at any time: no record is lost, none is torn', async () => {
    const put: string[] = []
    for (let run = 0; run < 3; run += 1) {
      for (let i = 0; i < 60; i += 1) {
        put.push(`${run}.${i} ${'x'.repeat(i * 300)}`)
        world.put(put.at(-1) ?? '')
      }
      const dump = world.start(...fast)
      const before = wholeLines()
      await holds(dump, () => wholeLines() > before + 10 * run)
      await dump.kill('SIGKILL')
    }
    const last = world.start(...fast)
    await holds(last, () => new Set(texts()).size === put.length)
    assert.equal((await last.kill('SIGTERM')).code, 0)
    assert.deepEqual([...new Set(texts())].sort(), put.sort())
  })

  it('cuts off the part of a line which a crash has left', async () => {
    world.put('a')
    const first = world.start(...fast)
    await holds(first, () => wholeLines() === 1)
    await first.kill('SIGTERM')
    for (const torn of [
      '{"arri',
      '{"arrival_time":"2026-11-20T08:00:00Z","partition_key":"k","seq":"1","data":"YWJ',
      '\0\0\0',
    ]) {
      appendFileSync(world.path('out'), torn)
      world.put(torn)
      const lines = wholeLines()
      const dump = world.start(...fast)
      await holds(dump, () => wholeLines() > lines)
      const { code, stderr } = await dump.kill('SIGTERM')
      assert.equal(code, 0)
      assert.match(stderr, new RegExp(`WARN at=output file=out .* cut_bytes=${torn.length}$`, 'm'))
      assert.equal(texts().at(-1), torn)
    }
    appendFileSync(world.path('out'), 'somebody’s notes')
    const { code, stderr } = await world.run(...fast)
    assert.equal(code, 100)
    assert.match(stderr, /Failed to open out for write: it does not end as a dump does, name another file\./)
    assert.match(world.text('out'), /notes$/)
  })

  it('cuts a raw file back to where it was safe when its positions were', async () => {
    const raw = [...fast, '--data-format', 'raw']
    const members: string[] = []
    const put = (text: string): void => {
      members.push(text)
      world.engine.put('logs', { data: gzipSync(text), partitionKey: 'one' })
    }
    const content = (): string => gunzipSync(readFileSync(world.path('out'))).toString()
    const size = (): number => statSync(world.path('out')).size
    put('first ')
    const first = world.start(...raw)
    await holds(first, () => remembered().includes('bytes":26'))
    await first.kill('SIGKILL')
    appendFileSync(world.path('out'), gzipSync('torn').subarray(0, 9))
    put('second ')
    const whole = size()
    const second = world.start(...raw)
    await holds(second, () => size() > whole)
    await second.kill('SIGTERM')
    assert.equal(content(), members.join(''))
    // Closed in order: what stands behind it now is somebody else's, and stays.
    appendFileSync(world.path('out'), gzipSync('theirs '))
    put('third ')
    const before = size()
    const third = world.start(...raw)
    await holds(third, () => size() > before)
    await third.kill('SIGTERM')
    assert.equal(content(), 'first second theirs third ')
  })

  function remembered(): string {
    try {
      return world.text('cp').replaceAll('\\', '')
    } catch {
      return ''
    }
  }

  it('goes on exactly where kinlog stopped, and replaces its file', async () => {
    world.put('read')
    const [shardId = ''] = world.engine.openShards('logs')
    const { sequenceNumber } = world.engine.put('logs', { data: 'last read', shardId })
    world.engine.put('logs', { data: 'next', shardId })
    writeFileSync(
      world.path('cp'),
      `${JSON.stringify({ [shardId]: { shard_id: shardId, timestamp: '2026-11-20T08:00:00.123456789Z', checkpoint: sequenceNumber } })}\n`,
    )
    writeFileSync(
      world.path('out'),
      '{"arrival_time":"0001-01-01T00:00:00Z","partition_key":"k","seq":"1","data":"YQ=="}\n',
    )
    const other = world.engine.openShards('logs')[1] ?? ''
    world.engine.put('logs', { data: 'of a shard kinlog never had', shardId: other })
    const dump = world.start(...fast)
    await holds(
      dump,
      () => wholeLines() >= 3 && texts().includes('of a shard kinlog never had') && texts().includes('next'),
    )
    assert.equal((await dump.kill('SIGTERM')).code, 0)
    assert.equal(texts()[0], 'a')
    assert.ok(!texts().includes('last read'))
    assert.match(remembered(), /"@stream":"{"arn":"arn:aws:kinesis:us-east-1:\d+:stream\/logs"/)
  })

  it('follows a link to its checkpoint file, and writes nothing else there', async () => {
    mkdirSync(world.path('disk'))
    symlinkSync('disk/positions', world.path('cp'))
    world.put('one')
    assert.equal((await world.run(...fast, '--until-now')).code, 0)
    assert.equal(lstatSync(world.path('cp')).isSymbolicLink(), true)
    assert.match(world.text('disk/positions'), /"shardId-000000000000"/)
    world.put('two')
    assert.equal((await world.run(...fast, '--until-now')).code, 0)
    assert.deepEqual(texts(), ['one', 'two'])
    const { code, stderr } = await world.run('--checkpoint-file=cp', '--filename=disk/positions')
    assert.equal(code, 2)
    assert.match(stderr, /^dumpstream: --checkpoint-file and --filename name the same file; give each its own\.\n/)
  })

  it('takes a file of no length for none', async () => {
    world.put('a')
    writeFileSync(world.path('cp'), '')
    const dump = world.start(...fast)
    await holds(dump, () => wholeLines() === 1)
    assert.equal((await dump.kill('SIGTERM')).code, 0)
    assert.match(remembered(), /@stream/)
  })

  it('refuses positions of another stream, whoever wrote them', async () => {
    world.put('a')
    const first = world.start(...fast)
    await holds(first, () => wholeLines() === 1)
    await first.kill('SIGTERM')
    const ours = world.text('cp')
    const { sequenceNumber, shardId } = world.engine.put('logs', { data: 'x' })
    world.engine.createStream('other', { shards: 2 })
    const kinlogs = JSON.stringify({ [shardId]: { shard_id: shardId, timestamp: '', checkpoint: sequenceNumber } })
    writeFileSync(world.path('cp2'), kinlogs)
    const [own, foreign] = await Promise.all([
      world.run(...fast, '--stream-name', 'other'),
      world.run(...fast, '--stream-name', 'other', '--checkpoint-file', 'cp2', '--filename', 'out2'),
    ])
    assert.equal(own.code, 100)
    assert.match(
      own.stderr,
      /^dumpstream: Failed to open checkpoint file: these checkpoints belong to the stream \S+logs, not to \S+other: .*\.$/m,
    )
    assert.equal(world.text('cp'), ours)
    assert.equal(foreign.code, 100)
    assert.match(
      foreign.stderr,
      /^dumpstream: Failed to open checkpoint file: cp2 holds checkpoints of another stream; .*\.$/m,
    )
    assert.equal(world.text('cp2'), kinlogs)
  })

  it('refuses in one sentence what is no checkpoint file', async () => {
    mkdirSync(world.path('folder'))
    writeFileSync(world.path('binary'), Buffer.from([0x1f, 0x8b, 0, 255]))
    writeFileSync(world.path('half'), '{"shardId-000000000000":')
    writeFileSync(world.path('odd'), '{"shardId-000000000000":{"checkpoint":"nonsense"}}')
    const refused = await Promise.all(
      ['folder', 'binary', 'half', 'odd', '/dev/null/cp'].map((file) => world.run(...fast, '--checkpoint-file', file)),
    )
    const sentences = [
      /^dumpstream: Failed to open checkpoint file: folder is a folder; name a file\.\n$/,
      /^dumpstream: Failed to open checkpoint file: The checkpoint file binary is damaged; [^\n]*\.\n$/,
      /^dumpstream: Failed to open checkpoint file: The checkpoint file half is damaged; [^\n]*\.\n$/,
      /^dumpstream: Failed to open checkpoint file: The checkpoint file odd is damaged; [^\n]*\.\n$/,
      /^dumpstream: Failed to open checkpoint file: The checkpoint file \/dev\/null\/cp cannot be [^\n]*\.\n$/,
    ]
    for (const [index, { code, stderr }] of refused.entries()) {
      assert.equal(code, 100)
      assert.match(stderr, sentences[index] ?? /^$/)
    }
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Log2KinesisWorld } from '../../support/log2kinesis-world.ts'

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `line ${String(from + index).padStart(7, '0')} ${'.'.repeat(80)}\n`)

describe('log2kinesis send, stopped and hindered', () => {
  let world: Log2KinesisWorld

  beforeEach(async () => {
    world = await Log2KinesisWorld.start()
  })

  afterEach(async () => {
    await world.close()
  })

  it('sends all that was written to it before SIGTERM or SIGINT', async () => {
    await Promise.all(
      (['SIGTERM', 'SIGINT'] as const).map(async (name) => {
        const command = world.send([`--host=${name}`])
        const messages = (): string[] => world.messages(({ host }) => host === name)
        const { stdin } = command.child
        assert(stdin !== null)
        stdin.write('first\n')
        await world.until('events', () => messages().length > 0)
        // Less than a pipe holds, and the last line is not complete.
        await new Promise((resolve) => stdin.write(`${numbers(0, 500).join('')}the end`, resolve))
        command.child.kill(name)
        const { code, stderr } = await command.end
        assert.deepEqual([code, stderr], [0, ''])
        assert.deepEqual(messages().sort(), ['first\n', ...numbers(0, 500), 'the end\n'])
      }),
    )
  })

  it('passes the signal to the command, reads what it still says, and ends as it does', async () => {
    const polite = 'trap "echo bye; exit 5" INT; echo ready; while :; do sleep 0.02; done'
    await Promise.all(
      (
        [
          [polite, 'SIGINT', 5, ['ready\n', 'bye\n']],
          ['echo ready; exec sleep 60', 'SIGTERM', 143, ['ready\n']],
        ] as const
      ).map(async ([script, signal, exitCode, expected]) => {
        const command = world.send([`--host=${exitCode}`, '--', 'sh', '-c', script])
        const messages = (): string[] => world.messages(({ host }) => host === String(exitCode))
        await world.until('events', () => messages().length > 0)
        command.child.kill(signal)
        assert.equal((await command.end).code, exitCode)
        assert.deepEqual(messages(), expected)
      }),
    )
  })

  it('ends with 100 and the count when the stream is deleted under way', async () => {
    const command = world.send(['--give-up-after=0s'])
    await world.until('probe', () => world.engine.stream('logs').shards[0]?.records.length === 1)
    world.engine.deleteStream('logs')
    command.child.stdin?.write('one\ntwo\n')
    // Nobody closes stdin: it has to find out by itself.
    const { code, stderr } = await command.end
    assert.equal(code, 100)
    assert.match(stderr, /^log2kinesis send: Stream logs does not exist.*; 2 events were not delivered\.\n$/m)
    assert.equal(stderr.match(/^log2kinesis/gm)?.length, 1)
  })

  it('ends with 100 and the count when the credentials expire under way, and ends the command', async () => {
    const command = world.send(['--give-up-after=0s', '--', 'sh', '-c', 'read line; echo one; exec sleep 60'])
    await world.until('probe', () => world.engine.stream('logs').shards[0]?.records.length === 1)
    world.engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: expired })
    command.child.stdin?.write('\n')
    const { code, stderr } = await command.end
    assert.equal(code, 100)
    assert.match(stderr, /^log2kinesis send: .*expired.*; 1 event was not delivered\.\n$/m)
    assert.doesNotMatch(stderr, /environment\+secret|^ {4}at /m)
  })

  it('slows who writes faster than Kinesis takes, with bounded memory, and loses nothing', async () => {
    const refused = { kind: 'fail-entries', indexes: Array.from({ length: 500 }, (_, i) => i) } as const
    world.engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: refused })
    // Nothing makes it smaller: gzip looks back less far than to the last line.
    const line = Buffer.from(
      `${randomBytes(200_000)
        .toString('latin1')
        .replaceAll(/[\r\n]/g, ' ')}\n`,
      'latin1',
    )
    const command = world.send(['--no-probe'])
    const { stdin } = command.child
    assert(stdin !== null)
    let takenBytes = 0
    const written = (async () => {
      for (let i = 0; i < 250; i++) {
        await new Promise((resolve) => stdin.write(line, resolve))
        takenBytes += line.length
      }
      stdin.end()
    })()
    await world.until('input', () => takenBytes > 16e6)
    // Long enough to take all the rest.
    const { calls } = world.engine
    const before = calls.count('PutRecords')
    await world.until('attempts', () => calls.count('PutRecords') >= before + 6)
    assert(takenBytes < 40e6, `${takenBytes} bytes were taken`)
    world.engine.faults.clear()
    await written
    assert.equal((await command.end).code, 0)
    assert.equal(world.bytes().length, 250 * line.length)
  })

  it('goes on when the refusal is over in time', async () => {
    world.engine.faults.inject({ operation: 'PutRecords', times: 2, fault: expired })
    assert.equal((await world.sendHere(['--no-probe'], 'one\n')).code, 0)
    assert.deepEqual(world.messages(), ['one\n'])
  })

  it('keeps in its spool what it cannot deliver, and delivers it at the next start', async () => {
    const flags = ['--no-probe', '--give-up-after=0s', `--spool=${join(world.folder, 'spool')}`]
    world.engine.faults.inject({ operation: 'PutRecords', fault: expired })
    const first = await world.sendHere(flags, 'one\ntwo\n')
    assert.equal(first.code, 100)
    assert.match(first.stderr, /^log2kinesis send: .*expired.*; 2 events wait in the spool for the next start\.$/m)
    assert.deepEqual(world.messages(), [])
    assert.deepEqual(await world.sendHere(flags, ''), { code: 0, stdout: '', stderr: '' })
    assert.deepEqual(world.messages(), ['one\n', 'two\n'])
  })
})

const expired = {
  kind: 'error',
  name: 'ExpiredTokenException',
  message: 'The security token included in the request is expired',
} as const

import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { log2kinesisSend } from '../../../src/wiring/commands/log2kinesis/send.ts'
import { type CommandOutcome, runHere } from '../../support/command-host.ts'
import { CommandProcess, type CommandProcessOptions } from '../../support/command-process.ts'

const common = ['--stream-name', 'testsplit', '--source=test'] as const

describe('log2kinesis send --stream-name testsplit', () => {
  const processes: CommandProcess[] = []

  /** There is no AWS in its environment, not even a region. */
  const run = (args: readonly string[], stdin = ''): Promise<CommandOutcome> =>
    runHere(log2kinesisSend, [...common, ...args], { stdin })

  function start(args: readonly string[], options: CommandProcessOptions = {}): CommandProcess {
    const command = new CommandProcess('log2kinesis', ['send', ...common, ...args], options)
    processes.push(command)
    return command
  }

  afterEach(() => {
    for (const command of processes.splice(0)) command.kill()
  })

  it('prints numbered events with their borders and empty lines', async () => {
    const input = '2026-11-20 one\n\n  more\r\n2026/11/20 two'
    const { code, stdout, stderr } = await run(['--timestamp=', '--split-mode=regex'], input)
    assert.deepEqual(stdout.split('\n'), [
      '--- event 1: 3 lines, 23 bytes',
      '|2026-11-20 one',
      '|',
      '|  more',
      '--- event 2: 1 line, 15 bytes',
      '|2026/11/20 two',
      '--- 2 events, 38 bytes',
      '',
    ])
    assert.deepEqual([code, stderr], [0, ''])
  })

  it('splits a line that is too long, and tells it', async () => {
    const { code, stdout, stderr } = await run(['--timestamp='], `${'x'.repeat(1_500_000)}\ny\n`)
    assert.deepEqual(stdout.replaceAll(/x+/g, 'x').split('\n'), [
      '--- event 1: 1 line, 1,024,000 bytes',
      '|x',
      String.raw`\ no line feed`,
      '--- event 2: 1 line, 476,001 bytes',
      '|x',
      '--- event 3: 1 line, 2 bytes',
      '|y',
      '--- 3 events, 1,500,003 bytes',
      '',
    ])
    assert.deepEqual(
      [code, stderr],
      [0, 'log2kinesis send: 1 line had to be split, for an event has at most 1,024,000 bytes.\n'],
    )
  })

  it('splits an event of many lines that is too long, and tells it', async () => {
    const input = `${'x'.repeat(999)}\n`.repeat(3000)
    const { code, stdout, stderr } = await run(['--timestamp=', '--split-mode=none', '--max-lines=0'], input)
    assert.deepEqual(stdout.match(/^---.*$/gm), [
      '--- event 1: 1,024 lines, 1,024,000 bytes',
      '--- event 2: 1,024 lines, 1,024,000 bytes',
      '--- event 3: 952 lines, 952,000 bytes',
      '--- 3 events, 3,000,000 bytes',
    ])
    assert.equal(code, 0)
    assert.match(stderr, /^log2kinesis send: 2 events of several lines had to be split/)
  })

  it("takes a command's output, with its hyphens and its exit code", async () => {
    for (const command of [
      ['sh', '--', '-c', 'echo out; exit 3'],
      ['--', 'sh', '-c', 'echo out; exit 3'],
    ]) {
      const { code, stdout } = await run(['--timestamp=2006', ...command])
      assert.match(stdout, /^--- event 1: 1 line, 9 bytes\n\|20\d\d out\n--- 1 event, 9 bytes\n$/)
      assert.equal(code, 3)
    }
  })

  it('prints nothing of nothing', async () => {
    const { code, signal, stdout, stderr } = await start([], { stdin: '' }).end
    assert.deepEqual([code, signal, stdout, stderr], [0, null, '--- 0 events, 0 bytes\n', ''])
  })

  it('ends quietly when nobody reads any more', async () => {
    const command = start(['--', 'sh', '-c', 'while echo line; do :; done'])
    const { stdout } = command.child
    assert(stdout !== null)
    await once(stdout, 'data')
    stdout.destroy()
    const { stderr } = await command.end
    assert.doesNotMatch(stderr, /log2kinesis/)
  })

  for (const [what, args, message] of [
    [
      'a wrong expression',
      ['--split-mode=regex', '--split-regex=('],
      'Invalid regular expression: missing closing ): `(`.',
    ],
    [
      'look-around',
      ['--split-mode=regex', '--split-regex=(?=a)'],
      'Invalid regular expression: look-ahead is not supported, because its time is not bounded: `(?=`.',
    ],
    [
      'an unknown split mode',
      ['--split-mode=lines'],
      'Invalid setting for split-mode: it must be none, newline or regex.',
    ],
    ['a command that is not there', ['./nothere'], 'Failed to start command: there is no "./nothere".'],
    ['a command that is a folder', ['/'], 'Failed to start command: "/" may not be executed.'],
  ] as const) {
    it(`ends with 100 and one sentence at ${what}`, async () => {
      const { code, stdout, stderr } = await run(args)
      assert.deepEqual([code, stdout, stderr], [100, '', `log2kinesis send: ${message}\n`])
    })
  }

  it('ends with 100 when stdin is a folder', async () => {
    const folder = openSync('/', 'r')
    const { code, stderr } = await start([], { stdin: folder }).end
    closeSync(folder)
    assert.deepEqual([code, stderr], [100, 'log2kinesis send: Failed to copy log data: stdin is a directory.\n'])
  })

  it('ends with 1 when a signal comes while there is more than it then reads', async () => {
    const stdin = Readable.from(Array<Buffer>(64).fill(Buffer.alloc(65_536, 'line\n')))
    const { code, stderr } = await runHere(log2kinesisSend, common, { stdin, signal: AbortSignal.abort() })
    assert.deepEqual([code, stderr], [1, 'log2kinesis send: stopped before the end of the input.\n'])
  })

  for (const [what, args, message] of [
    ['an unknown flag', ['--verbose'], "Unknown option '--verbose'."],
    ['a bad number', ['--max-lines=-1'], '--max-lines must be a whole number between 0 and 1000000000.'],
  ] as const) {
    it(`ends with 2 at ${what}`, async () => {
      const { code, stdout, stderr } = await run(args)
      const usage = 'Usage: log2kinesis send [options] [CMD [ARGS...]]\nSee log2kinesis send --help.\n'
      assert.deepEqual([code, stdout, stderr], [2, '', `log2kinesis send: ${message}\n${usage}`])
    })
  }
})

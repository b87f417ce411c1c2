import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../support/command-program.ts', import.meta.url))

const overview = `Usage: mover <command> [options]

  mover work  Works.
  mover rest  Rests.

See mover <command> --help.
`

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

describe('running a command for people as a process', () => {
  const children = new Set<ChildProcess>()

  function start(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    const child = spawn(process.execPath, [program, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
    children.add(child)
    return child
  }

  afterEach(() => {
    for (const child of children) child.kill('SIGKILL')
    children.clear()
  })

  async function ended(child: ChildProcess): Promise<Ended> {
    const chunks: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
    child.stdout?.on('data', (chunk) => (chunks.stdout += String(chunk)))
    child.stderr?.on('data', (chunk) => (chunks.stderr += String(chunk)))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { code, signal, ...chunks }
  }

  /** Exit code, stdout and stderr. */
  async function outcome(
    argv: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<readonly [number | null, string, string]> {
    const { code, stdout, stderr } = await ended(start(argv, environment))
    return [code, stdout, stderr]
  }

  async function said(child: ChildProcess, word: string): Promise<void> {
    assert.ok(child.stdout !== null)
    for (;;) {
      const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
      if (chunk.toString().includes(word)) return
    }
  }

  it('ends with 0 when all is done, with 1 when a part is', async () => {
    assert.deepEqual(await outcome(['work']), [0, 'done\n', ''])
    assert.deepEqual(await outcome(['work', '--how=partly']), [1, '', ''])
  })

  it('ends with 2 at wrong usage, told with the usage line, whoever found it', async () => {
    const hint = 'Usage: mover work [options]\nSee mover work --help.\n'
    assert.deepEqual(await outcome(['work', '--how=wrongly']), [2, '', `mover work: --how must be another.\n${hint}`])
    assert.deepEqual(await outcome(['work', '--hwo', 'well']), [
      2,
      '',
      `mover work: Unknown option '--hwo' (Did you mean --how?).\n${hint}`,
    ])
  })

  it('ends with 100 at a failure, told in one sentence on one line below the log, whose lines bear the time', async () => {
    const [code, stdout, stderr] = await outcome(['work', '--how=failing'])
    assert.deepEqual([code, stdout], [100, ''])
    const lines = stderr.split('\n')
    assert.match(lines[0] ?? '', /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d WARN at=odd part="one two"$/)
    assert.deepEqual(lines.slice(1), ['mover work: There is no stream "orders"; create it.', ''])
  })

  it('ends with 100 at a crash, without a stack', async () => {
    const [code, stdout, stderr] = await outcome(['work', '--how=crashing'])
    assert.deepEqual([code, stdout], [100, ''])
    assert.match(stderr, /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d ERROR at=crash error="x is not a function"\n$/)
  })

  it('helps on stdout', async () => {
    const [code, stdout, stderr] = await outcome(['work', '--help'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(
      stdout,
      /^Usage: mover work \[options\]\n\nWorks\.\n[^]*--how <WAY> {2}how it behaves \(default well\)\n/,
    )
    assert.deepEqual(await outcome(['--help']), [0, overview, ''])
    assert.deepEqual(await outcome(['-h']), [0, overview, ''])
  })

  it('tells the commands to whoever names none of them', async () => {
    assert.deepEqual(await outcome([]), [2, '', `mover: A command is missing.\n${overview}`])
    assert.deepEqual(await outcome(['wrok']), [2, '', `mover: There is no command "wrok".\n${overview}`])
    // A flag of the only command, in the wrong place.
    assert.equal((await outcome(['--how=well']))[0], 2)
  })

  it('needs no word in front of the flags of an only command', async () => {
    const alone = { MOVER_ALONE: '1' }
    assert.deepEqual(await outcome(['--how', 'well'], alone), [0, 'done\n', ''])
    const [code, , stderr] = await outcome(['work'], alone)
    assert.equal(code, 2)
    assert.match(stderr, /^mover: There is no use for "work"; remove it\.\nUsage: mover \[options\]\n/)
  })

  it('clears the line at the end of a terminal before it tells of a failure', async () => {
    assert.deepEqual(await outcome(['work', '--how=showing'], { MOVER_TERMINAL: '1' }), [
      100,
      '',
      '\r\u001b[Khalf way\r\u001b[Kmover work: The disk is full.\n',
    ])
    assert.deepEqual(await outcome(['work', '--how=showing']), [100, '', 'mover work: The disk is full.\n'])
  })

  it('is quiet about a reader who has gone', async () => {
    const flooding = start(['work', '--how=flooding'])
    await said(flooding, 'z')
    flooding.stdout?.destroy()
    const flooded = await ended(flooding)
    assert.deepEqual([flooded.code, flooded.stderr], [0, ''])

    const telling = start(['work', '--how=telling'])
    await said(telling, 'ready')
    telling.kill('SIGTERM')
    const told = await ended(telling)
    assert.deepEqual([told.code, told.stderr], [0, ''])
  })

  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    it(`gets its work done at ${name}`, async () => {
      const child = start(['work', '--how=stopping'])
      await said(child, 'ready')
      child.kill(name)
      const { code, stderr } = await ended(child)
      assert.deepEqual([code, stderr], [0, 'flushed\n'])
    })
  }

  it('ends at once at a second SIGINT', async () => {
    const child = start(['work', '--how=hanging'])
    await said(child, 'ready')
    child.kill('SIGINT')
    await said(child, 'aborted')
    child.kill('SIGINT')
    const { code, stderr } = await ended(child)
    assert.deepEqual([code, stderr], [130, ''])
  })

  it('ends with 100 when it hangs for longer than it has to stop', async () => {
    const child = start(['--how=hanging'], { MOVER_ALONE: '1' })
    await said(child, 'ready')
    child.kill('SIGTERM')
    assert.deepEqual(await ended(child), { code: 100, signal: null, stdout: 'aborted\n', stderr: '' })
  })
})

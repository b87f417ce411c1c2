import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../support/host-program.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

describe('running a program as a process', () => {
  const children = new Set<ChildProcess>()

  function start(...behaviour: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, [program, ...behaviour], { stdio: ['pipe', 'pipe', 'pipe'] })
    children.add(child)
    return child
  }

  afterEach(() => {
    for (const child of children) {
      child.stdout?.destroy()
      child.stderr?.destroy()
      child.kill('SIGKILL')
    }
    children.clear()
  })

  async function ended(child: ChildProcess, deadline?: AbortSignal): Promise<Ended> {
    const chunks: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
    child.stdout?.on('data', (chunk) => (chunks.stdout += String(chunk)))
    child.stderr?.on('data', (chunk) => (chunks.stderr += String(chunk)))
    const [code, signal] = (await once(child, 'close', deadline === undefined ? {} : { signal: deadline })) as [
      number | null,
      string | null,
    ]
    return { code, signal, ...chunks }
  }

  async function ready(child: ChildProcess): Promise<string> {
    assert.ok(child.stdout !== null)
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return line.toString()
  }

  it('drains both pipes before it ends with the exit code', async () => {
    const { code, stdout, stderr } = await ended(start('write'))
    assert.equal(code, 3)
    assert.equal(stdout.length, 1_000_000)
    assert.equal(stderr.match(/^INFO at=line i=\d+ filling=y{1000}$/gm)?.length, 100)
  })

  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    it(`aborts at ${name}`, async () => {
      const child = start('wait')
      await ready(child)
      child.kill(name)
      const { code, stderr } = await ended(child)
      assert.deepEqual([code, stderr], [0, 'INFO at=aborted\n'])
    })
  }

  it('is gone soon after SIGTERM even when the program hangs', async () => {
    const child = start('hang')
    await ready(child)
    const began = performance.now()
    child.kill('SIGTERM')
    const { code, stderr } = await ended(child)
    const tookMs = performance.now() - began
    assert.deepEqual([code, stderr], [1, ''])
    assert.ok(tookMs >= 350 && tookMs < 5000, `${tookMs} ms`)
  })

  it('ends at once at the second signal', async () => {
    const child = start('hang')
    await ready(child)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    const { code } = await ended(child)
    assert.ok(code === 143 || code === 130, String(code))
  })

  it('tells of its end, whichever it is', async () => {
    const child = start('farewell')
    await ready(child)
    child.kill('SIGINT')
    child.kill('SIGTERM')
    assert.equal((await ended(child)).stdout, 'farewell\n')
    assert.equal((await ended(start('farewell', 'crash'))).stdout, 'ready\nfarewell\n')
  })

  it('is gone soon after SIGTERM even when nobody reads stdout', async () => {
    const child = start('block')
    assert.ok(child.stderr !== null)
    await once(child.stderr, 'data')
    const began = performance.now()
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number | null]
    const tookMs = performance.now() - began
    assert.equal(code, 0)
    assert.ok(tookMs >= 350 && tookMs < 5000, `${tookMs} ms`)
  })

  it('ends quietly when the reader of stdout went away', async () => {
    const child = start('flood')
    await ready(child)
    child.stdout?.destroy()
    const { code, stderr } = await ended(child)
    assert.deepEqual([code, stderr], [0, ''])
  })

  it('ends quietly when the parent went away', async () => {
    const orphaning = `
      const { spawn } = require('node:child_process')
      spawn(process.execPath, ${JSON.stringify([program, 'wait'])}, { stdio: ['ignore', 'inherit', 'inherit'] })`
    const parent = spawn(process.execPath, ['-e', orphaning], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(parent)
    const orphan = Number((await ready(parent)).replace('ready ', ''))
    try {
      parent.kill('SIGKILL')
      // The pipes close when the last process that holds them has ended: the orphan.
      const { signal, stderr } = await ended(parent, AbortSignal.timeout(5000))
      assert.deepEqual([signal, stderr], ['SIGKILL', 'INFO at=aborted\n'])
    } catch (error) {
      process.kill(orphan, 'SIGKILL')
      throw error
    }
  })

  it('tells what was thrown in one line without a stack', async () => {
    const lines = {
      reject: 'ERROR at=crash error="first line second line"\n',
      crash: 'ERROR at=crash error="thrown by nobody"\n',
      forget: 'ERROR at=crash error="awaited by nobody"\n',
    }
    for (const [behaviour, line] of Object.entries(lines)) {
      const { code, stderr } = await ended(start(behaviour))
      assert.deepEqual([code, stderr], [1, line])
    }
  })

  it('says nothing about warnings of Node', async () => {
    const { code, stderr } = await ended(start('warn'))
    assert.deepEqual([code, stderr], [0, ''])
  })
})

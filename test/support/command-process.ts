import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { testedNode } from './tested-node.ts'

export interface CommandProcessOptions {
  /** All there is, but for `PATH`. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What stdin is: written and ended, or a descriptor. Default: a pipe which stays open. */
  readonly stdin?: string | Uint8Array | number
}

export interface CommandEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program of `src/programs` as a process. */
export class CommandProcess {
  readonly child: ChildProcess
  readonly end: Promise<CommandEnd>
  #stdout = ''
  #stderr = ''

  constructor(program: string, args: readonly string[], options: CommandProcessOptions = {}) {
    const { env = {}, cwd, stdin } = options
    const file = fileURLToPath(new URL(`../../src/programs/${program}.ts`, import.meta.url))
    this.child = spawn(testedNode, [file, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: [typeof stdin === 'number' ? stdin : 'pipe', 'pipe', 'pipe'],
    })
    this.child.stdin?.on('error', () => {}) // it may end without reading
    if (stdin !== undefined && typeof stdin !== 'number') this.child.stdin?.end(stdin)
    this.child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString('latin1')))
    this.child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.end = once(this.child, 'close').then((values) => {
      const [code, signal] = values as [number | null, NodeJS.Signals | null]
      return { code, signal, stdout: Buffer.from(this.#stdout, 'latin1').toString(), stderr: this.#stderr }
    })
  }

  /** What it has written to stderr so far. */
  get stderr(): string {
    return this.#stderr
  }

  /** Ends it at once, if it has not ended yet. */
  kill(): void {
    this.child.kill('SIGKILL')
    this.child.stdin?.destroy()
    this.child.stdout?.destroy()
    this.child.stderr?.destroy()
  }
}

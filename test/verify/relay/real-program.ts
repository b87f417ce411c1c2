import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

export interface ProgramEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  /** Its standard input, to its end. Default: none. */
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

const endTimeoutMs = 15_000

/** A program which is not ours, found by `PATH`. It is killed when it has not ended of itself in 15 s. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  const program = new RealProgram(command, args, options)
  const timer = setTimeout(() => program.child.kill('SIGKILL'), endTimeoutMs)
  try {
    return await program.end
  } finally {
    clearTimeout(timer)
  }
}

/** Like `runProgram`, for those which are to end well. */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  const end = await runProgram(command, args, options)
  if (end.code === 0) return end
  const said = `${end.stdout}${end.stderr}`.slice(-1000)
  throw new Error(`${command} ${args.join(' ')} ended with ${end.code ?? 'a signal'}: ${said}`)
}

export class RealProgram {
  readonly child: ChildProcess
  readonly end: Promise<ProgramEnd>
  readonly #stdout: Buffer[] = []
  readonly #stderr: Buffer[] = []

  constructor(command: string, args: readonly string[], { input, env }: ProgramOptions = {}) {
    this.child = spawn(command, args, {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', ...env },
    })
    this.child.stdin?.on('error', () => {}) // it may end without reading
    this.child.stdin?.end(input)
    this.child.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk))
    this.child.stderr?.on('data', (chunk: Buffer) => this.#stderr.push(chunk))
    this.end = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: Buffer.concat(this.#stdout).toString(),
      stderr: this.stderr,
    }))
    this.end.catch(() => {}) // who waits for it is told
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString()
  }

  /** SIGTERM, and SIGKILL 15 s later. */
  async stop(): Promise<ProgramEnd> {
    this.child.kill('SIGTERM')
    const timer = setTimeout(() => this.child.kill('SIGKILL'), endTimeoutMs)
    try {
      return await this.end
    } finally {
      clearTimeout(timer)
    }
  }

  /** Looks every 20 ms whether it is so; rejects when the program ends before, or in 15 s. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    const startedMs = performance.now()
    while (!isSo()) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        const { stdout } = await this.end
        throw new Error(`${this.child.spawnfile} ended before ${what}: ${`${stdout}${this.stderr}`.slice(-2000)}`)
      }
      if (performance.now() - startedMs > endTimeoutMs)
        throw new Error(`${this.child.spawnfile}: not ${what} in time: ${this.stderr.slice(-2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

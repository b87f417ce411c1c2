import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { testedNode } from './tested-node.ts'

export interface CommandOptions {
  /** All of the environment besides PATH. Default: the AWS key of tests. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The user to run as; only root may choose. */
  readonly uid?: number
}

export interface CommandEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** The environment of commands in tests: nothing of this machine's is found. */
export function commandEnvironment(home: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ACCESS_KEY_ID: 'TESTKEYIDENTIFIER1',
    AWS_SECRET_ACCESS_KEY: 'environment+secret/0123456789abcdefghij',
    AWS_REGION: 'us-east-1',
  }
}

/** A command as a process of its own; what it prints is collected. */
export class CommandProcess {
  readonly child: ChildProcess
  readonly end: Promise<CommandEnd>
  readonly #stdout: Buffer[] = []
  readonly #stderr: Buffer[] = []
  readonly #watchers = new Set<() => void>()

  private constructor(child: ChildProcess) {
    this.child = child
    this.#collect(child.stdout, this.#stdout)
    this.#collect(child.stderr, this.#stderr)
    this.end = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }))
  }

  /** A command whose file `bundledCommands` has made. */
  static start(path: string, args: readonly string[], options: CommandOptions): CommandProcess {
    return new CommandProcess(spawn(testedNode, [path, ...args], { ...options }))
  }

  /** A line for `sh`, in which `$program` stands for the command line of such a command. */
  static shell(line: string, path: string, options: CommandOptions): CommandProcess {
    const env = { ...options.env, program: `${testedNode} ${path}` }
    return new CommandProcess(spawn('sh', ['-c', line], { ...options, env }))
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString()
  }

  kill(signal: NodeJS.Signals): Promise<CommandEnd> {
    this.child.kill(signal)
    return this.end
  }

  /** Resolves when it is so, looked at whenever something was printed; rejects when the process ends before. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    if (isSo()) return
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (isSo()) resolve()
      }
      this.#watchers.add(look)
      void this.end.then(({ code }) => {
        reject(new Error(`it ended with ${code} before ${what}; ${this.stderr.slice(-1000)}`))
      })
    })
  }

  #collect(stream: ChildProcess['stdout'], chunks: Buffer[]): void {
    stream?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      for (const watcher of [...this.#watchers]) watcher()
    })
  }
}

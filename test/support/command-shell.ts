import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { testedNode } from './tested-node.ts'

const programs = ['dumpstream', 'logdecode', 'log2kinesis'] as const
type Program = (typeof programs)[number]

export interface ShellEnd {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface RunningShell {
  readonly ended: Promise<ShellEnd>
  /** What it has printed so far. */
  stdout(): string
}

/**
 * Bash in an empty folder of its own, with the commands on its path under the names users have them. Nothing of this
 * process's environment gets through but its path: no AWS profile decides what a test does.
 */
export class CommandShell {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'kinloader-shell-'))
  readonly #environment: Readonly<Record<string, string>>
  readonly #running = new Set<ChildProcess>()

  constructor(environment: Readonly<Record<string, string>>) {
    const bin = path.join(this.folder, '.bin')
    mkdirSync(bin)
    this.#environment = { HOME: this.folder, PATH: `${bin}:${process.env['PATH'] ?? ''}`, ...environment }
    const node = testedNode
    for (const name of programs) {
      const file = fileURLToPath(new URL(`../../src/programs/${name}.ts`, import.meta.url))
      this.command(name, `echo $$ >'${this.#pidFile(name)}'\nexec '${node}' '${file}' "$@"`)
    }
  }

  /** Puts a command on the path, a script of the POSIX shell. */
  command(name: string, script: string): void {
    const file = path.join(this.folder, '.bin', name)
    writeFileSync(file, `#!/bin/sh\n${script}\n`)
    chmodSync(file, 0o755)
  }

  async run(script: string): Promise<ShellEnd> {
    return this.start(script).ended
  }

  /** It leads a process group of its own, which `close` ends. */
  start(script: string): RunningShell {
    const child = spawn('bash', ['-c', script], {
      cwd: this.folder,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    this.#running.add(child)
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    const ended = (once(child, 'close') as Promise<[number | null]>).then(([code]) => {
      this.#running.delete(child)
      return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }
    })
    return { ended, stdout: () => Buffer.concat(stdout).toString() }
  }

  /** Sends a signal to the command of that name which was started last. */
  signal(name: Program, signal: NodeJS.Signals): void {
    process.kill(Number(readFileSync(this.#pidFile(name), 'utf8')), signal)
  }

  /** What is in a file of the folder; empty when it is not there. */
  read(name: string): string {
    const file = path.join(this.folder, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  close(): void {
    for (const { pid } of this.#running) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL')
      } catch {
        // Gone by itself.
      }
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  #pidFile(name: Program): string {
    return path.join(this.folder, `.bin/${name}.pid`)
  }
}

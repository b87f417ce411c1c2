import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ChildOptions {
  readonly command: string
  readonly args: readonly string[]
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Each line of either output as it comes. Default: nobody is told. */
  readonly onLine?: (line: string) => void
}

export interface ChildEnd {
  /** Exit code 0, in time. */
  readonly isGood: boolean
  /** How it ended, for people: `exit code 2`, `not ended within 60 s`. */
  readonly how: string
  /** The last lines of both outputs, at most 200. */
  readonly lines: readonly string[]
}

const keptLines = 200
const graceMs = 5000

/** What make tells its own children: another make must not take it for its own. */
const makeVariables: readonly string[] = ['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES']

/**
 * Runs a program to its end, without standard input. Never rejects: a program which is not there has ended badly.
 *
 * It leads a process group of its own, so that the time-out and the signal reach its children too: SIGTERM first,
 * SIGKILL 5 s later.
 */
export function runChild(options: ChildOptions): Promise<ChildEnd> {
  const { command, args, timeoutMs, signal, onLine } = options
  const environment = Object.entries(process.env).filter(([name]) => !makeVariables.includes(name))
  const lines: string[] = []
  const child = spawn(command, args, {
    env: { ...Object.fromEntries(environment), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  for (const output of [child.stdout, child.stderr]) {
    createInterface({ input: output }).on('line', (line) => {
      if (lines.push(line) > keptLines) lines.shift()
      onLine?.(line)
    })
  }

  let ending: string | undefined
  let killTimer: NodeJS.Timeout | undefined
  const end = (why: string): void => {
    if (ending !== undefined) return
    ending = why
    killGroup(child.pid, 'SIGTERM')
    killTimer = setTimeout(killGroup, graceMs, child.pid, 'SIGKILL')
  }
  const timer = setTimeout(end, timeoutMs, `not ended within ${Math.round(timeoutMs / 1000)} s`)
  const abort = (): void => {
    end('interrupted')
  }
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })

  return new Promise((resolve) => {
    const settle = (how: string): void => {
      clearTimeout(timer)
      clearTimeout(killTimer)
      signal.removeEventListener('abort', abort)
      resolve({ isGood: ending === undefined && how === 'exit code 0', how: ending ?? how, lines })
    }
    child.once('error', (error) => {
      settle(`cannot be started (${error.message})`)
    })
    // `close` comes after the last line, `exit` may come before it.
    child.once('close', (code, killedBy) => {
      settle(code === null ? `killed by ${killedBy ?? 'a signal'}` : `exit code ${code}`)
    })
  })
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Gone by itself.
  }
}

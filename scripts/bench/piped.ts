import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What a process said of itself on standard error: the last line of JSON. */
export type Figures = Readonly<Record<string, number | string>>

export interface PipedRun {
  readonly writer: Figures
  /** Empty when nobody read. */
  readonly reader: Figures
}

export interface PipedOptions {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Given on standard input. */
  readonly input?: string
  /** Called with each line of standard error; returns true when the process shall be told to end. */
  readonly onLine?: (line: string, pid: number) => boolean
  /** How long the reader waits before it reads anything, in milliseconds. Default 0. */
  readonly readerPauseMs?: number
  /** False: nobody reads the pipe. Default true. */
  readonly isRead?: boolean
}

const reader = fileURLToPath(new URL('reader.ts', import.meta.url))

/** Runs a Node program with its standard output in a kernel pipe of 64 KiB, at whose other end another process reads. */
export async function runPiped(options: PipedOptions): Promise<PipedRun> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kinloader-bench-'))
  const fifo = path.join(folder, 'pipe')
  execFileSync('mkfifo', [fifo])
  const readEnd = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeEnd = openSync(fifo, constants.O_WRONLY)
  rmSync(folder, { recursive: true })
  const isRead = options.isRead ?? true
  const taker = isRead
    ? spawn(process.execPath, [reader, String(options.readerPauseMs ?? 0)], { stdio: [readEnd, 'ignore', 'pipe'] })
    : undefined
  const giver = spawn(process.execPath, options.args, {
    stdio: ['pipe', writeEnd, 'pipe'],
    env: { ...process.env, ...options.env },
  })
  closeSync(writeEnd)
  if (isRead) closeSync(readEnd)
  giver.stdin?.end(options.input ?? '')
  const [writer, read] = await Promise.all([
    figures(giver, options.onLine),
    taker === undefined ? Promise.resolve({}) : figures(taker, undefined),
  ])
  if (!isRead) closeSync(readEnd)
  return { writer, reader: read }
}

async function figures(child: ChildProcess, onLine: PipedOptions['onLine']): Promise<Figures> {
  let last: Figures = {}
  const others: string[] = []
  if (child.stderr === null) throw new Error('a bench process without standard error')
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.startsWith('{')) last = JSON.parse(line) as Figures
    else others.push(line)
    if (onLine?.(line, child.pid ?? 0) === true) child.kill('SIGTERM')
  }
  if (Object.keys(last).length === 0)
    throw new Error(`a bench process said nothing of itself: ${others.slice(-3).join(' | ')}`)
  return last
}

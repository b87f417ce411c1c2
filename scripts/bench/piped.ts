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
  /** Given on standard input: a text, or a file which is open. */
  readonly input?: string | number
  /** Called with each line of standard error; returns true when the process shall be told to end. */
  readonly onLine?: (line: string, pid: number) => boolean
  /** How long the reader waits before it reads anything, in milliseconds. Default 0. */
  readonly readerPauseMs?: number
  /** False: nobody reads the pipe. Default true. */
  readonly isRead?: boolean
  /** What becomes of text which is no XML for Splunk: a digest of it, or one of its sorted lines. */
  readonly text?: 'bytes' | 'lines'
}

const programOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Runs a Node program with its standard output in a kernel pipe of 64 KiB, at whose other end another process reads. */
export async function runPiped(options: PipedOptions): Promise<PipedRun> {
  const { input = '', isRead = true } = options
  const { readEnd, writeEnd } = kernelPipe()
  const taker = isRead ? spawnReader(options, readEnd) : undefined
  const giver = spawn(process.execPath, options.args, {
    stdio: [typeof input === 'number' ? input : 'pipe', writeEnd, 'pipe'],
    env: { ...process.env, ...options.env },
  })
  closeSync(writeEnd)
  if (isRead) closeSync(readEnd)
  if (typeof input === 'string') giver.stdin?.end(input)
  const [writer, read] = await Promise.all([
    figures(giver, options.onLine),
    taker === undefined ? Promise.resolve({}) : figures(taker, undefined),
  ])
  if (!isRead) closeSync(readEnd)
  return { writer, reader: read }
}

/** The same for two programs, the first of which writes what the second reads. */
export async function runPipeline(
  first: readonly string[],
  second: readonly string[],
  options: Pick<PipedOptions, 'env' | 'text'>,
): Promise<{ readonly first: Figures; readonly second: Figures; readonly reader: Figures }> {
  const [between, behind] = [kernelPipe(), kernelPipe()]
  const env = { ...process.env, ...options.env }
  const processes = [
    spawn(process.execPath, first, { stdio: ['ignore', between.writeEnd, 'pipe'], env }),
    spawn(process.execPath, second, { stdio: [between.readEnd, behind.writeEnd, 'pipe'], env }),
    spawnReader(options, behind.readEnd),
  ]
  for (const { readEnd, writeEnd } of [between, behind]) {
    closeSync(readEnd)
    closeSync(writeEnd)
  }
  const [one = {}, two = {}, reader = {}] = await Promise.all(processes.map((child) => figures(child, undefined)))
  return { first: one, second: two, reader }
}

/** Both ends block, as in a shell's pipe. */
function kernelPipe(): { readonly readEnd: number; readonly writeEnd: number } {
  const folder = mkdtempSync(path.join(tmpdir(), 'kinloader-bench-'))
  const fifo = path.join(folder, 'pipe')
  execFileSync('mkfifo', [fifo])
  // Opening one end waits for the other, unless somebody has both.
  const both = openSync(fifo, constants.O_RDWR)
  const readEnd = openSync(fifo, constants.O_RDONLY)
  const writeEnd = openSync(fifo, constants.O_WRONLY)
  closeSync(both)
  rmSync(folder, { recursive: true })
  return { readEnd, writeEnd }
}

function spawnReader(
  { readerPauseMs = 0, text }: Pick<PipedOptions, 'readerPauseMs' | 'text'>,
  readEnd: number,
): ChildProcess {
  const args =
    text === undefined ? [programOf('reader.ts'), String(readerPauseMs)] : [programOf('text-reader.ts'), text]
  return spawn(process.execPath, args, { stdio: [readEnd, 'ignore', 'pipe'] })
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

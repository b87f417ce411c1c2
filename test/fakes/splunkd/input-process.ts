import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EventStreamParser, type SplunkEvent } from './event-stream.ts'

export interface RunInputOptions {
  readonly command: string
  readonly args?: readonly string[]
  /** All of the child's environment. Default the one of this process. */
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** Given on standard input, which then ends. See `inputXml`. */
  readonly inputXml: string
  /** Called with each event. Default: events are collected in `events`. */
  readonly onEvent?: (event: SplunkEvent) => void
  /** Start as a splunkd which does not read. Default false. */
  readonly paused?: boolean
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** SIGTERM did not end it within the grace period, so it was killed. */
  readonly forced: boolean
}

export interface RunningInput {
  readonly pid: number
  /** The events so far, unless `onEvent` takes them. */
  readonly events: readonly SplunkEvent[]
  readonly eventCount: number
  /** Taken off the pipe so far. */
  readonly bytesRead: number
  /** Lines of standard error so far, the last 100,000 at most. */
  readonly stderr: readonly string[]
  /** When the process ends. What it left in the pipe may be unread still: see `drained`. */
  readonly exit: Promise<Exit>
  /** When it has ended and all its standard output was read, or abandoned. Rejects when that was malformed. */
  readonly drained: Promise<void>
  /** Whether `</stream>` was the last thing written. */
  readonly streamClosed: boolean
  /** Stops reading standard output at once; what is in the kernel's pipe (64 KiB) stays there. */
  pause(): void
  resume(): void
  /** Resolves when so many events in all have come; rejects when the output ends before, or after the time. */
  received(count: number, timeoutMs?: number): Promise<void>
  /** Resolves with the first line of standard error which matches, past ones included. */
  logged(pattern: RegExp, timeoutMs?: number): Promise<string>
  /** As splunkd stops an input: SIGTERM, a grace period (default 5,000 ms), SIGKILL. */
  terminate(graceMs?: number): Promise<Exit>
  /** SIGKILL at once. */
  kill(): Promise<Exit>
  /** As when splunkd dies: the reading end of the pipe goes away, and what is in it is lost. */
  abandon(): void
}

/**
 * Runs a modular input as splunkd does: the command itself, without a shell, its standard output a real pipe of
 * 64 KiB, and events parsed as they arrive.
 *
 * Node would make standard output a socket pair, which holds several times as much, so a named pipe is opened
 * instead. Standard output is read only between `resume` and `pause`; nothing is read ahead.
 */
export function runInput(options: RunInputOptions): RunningInput {
  const pipe = openPipe()
  const child = spawn(options.command, options.args ?? [], {
    env: options.env ?? process.env,
    cwd: options.cwd,
    stdio: ['pipe', pipe.writeEnd, 'pipe'],
  })
  closeSync(pipe.writeEnd)
  // A child which ends without reading its standard input is no fault of ours.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.inputXml)
  return new InputProcess(child, pipe.readEnd, options)
}

class InputProcess implements RunningInput {
  readonly events: SplunkEvent[] = []
  readonly stderr: string[] = []
  readonly exit: Promise<Exit>
  readonly drained: Promise<void>
  eventCount = 0
  bytesRead = 0
  readonly #child: ChildProcess
  readonly #output: Socket
  readonly #parser = new EventStreamParser()
  readonly #onEvent: (event: SplunkEvent) => void
  readonly #watchers = new Set<() => void>()
  #forced = false
  #over = false

  constructor(child: ChildProcess, readEnd: number, options: RunInputOptions) {
    this.#child = child
    this.#onEvent = options.onEvent ?? ((event) => this.events.push(event))
    this.exit = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        resolve({ code, signal, forced: this.#forced })
        this.#changed()
      })
    })
    this.exit.catch(() => undefined)
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (this.stderr.push(line) > 100_000) this.stderr.shift()
        this.#changed()
      })
    }
    let fault: Error | undefined
    // With a buffer of its own, a socket stops at the very chunk at which it is paused.
    this.#output = new Socket({
      fd: readEnd,
      readable: true,
      writable: false,
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback: (size, buffer) => {
          try {
            this.#take(buffer.subarray(0, size))
          } catch (error) {
            fault = error as Error
            this.#output.destroy()
          }
          return true
        },
      },
    })
    let ended = false
    const closed = new Promise<void>((resolve) => {
      this.#output.once('end', () => (ended = true))
      this.#output.once('error', (error) => (fault ??= error))
      this.#output.once('close', () => {
        this.#over = true
        resolve()
        this.#changed()
      })
    })
    this.drained = closed.then(async () => {
      if (fault !== undefined) throw fault
      // An input which was killed, or failed, ends anywhere.
      if ((await this.exit).code === 0 && ended) this.#parser.end()
    })
    this.drained.catch(() => undefined)
    if (options.paused !== true) this.#output.resume()
    else this.#output.pause()
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get streamClosed(): boolean {
    return this.#parser.closed
  }

  pause(): void {
    this.#output.pause()
  }

  resume(): void {
    this.#output.resume()
  }

  async received(count: number, timeoutMs = 15_000): Promise<void> {
    await this.#until(
      `${count} events`,
      timeoutMs,
      () => this.eventCount >= count,
      () => this.#over,
    )
  }

  async logged(pattern: RegExp, timeoutMs = 15_000): Promise<string> {
    const find = (): string | undefined => this.stderr.find((line) => pattern.test(line))
    await this.#until(
      String(pattern),
      timeoutMs,
      () => find() !== undefined,
      () => this.#child.stderr?.closed === true,
    )
    return find() ?? ''
  }

  async terminate(graceMs = 5000): Promise<Exit> {
    const timer = setTimeout(() => {
      this.#forced = true
      this.#child.kill('SIGKILL')
    }, graceMs)
    this.#child.kill('SIGTERM')
    try {
      return await this.exit
    } finally {
      clearTimeout(timer)
    }
  }

  kill(): Promise<Exit> {
    this.#child.kill('SIGKILL')
    return this.exit
  }

  abandon(): void {
    this.#output.destroy()
  }

  #take(bytes: Uint8Array): void {
    this.bytesRead += bytes.length
    const events = this.#parser.push(bytes)
    this.eventCount += events.length
    for (const event of events) this.#onEvent(event)
    if (events.length > 0) this.#changed()
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }

  async #until(what: string, timeoutMs: number, met: () => boolean, hopeless: () => boolean): Promise<void> {
    if (met()) return
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer)
        this.#watchers.delete(watcher)
        if (error === undefined) resolve()
        else reject(error)
      }
      const watcher = (): void => {
        if (met()) settle()
        else if (hopeless()) settle(new Error(`the input ended without ${what}; ${this.#told()}`))
      }
      const timer = setTimeout(() => {
        settle(new Error(`no ${what} within ${timeoutMs} ms; ${this.#told()}`))
      }, timeoutMs)
      this.#watchers.add(watcher)
      watcher()
    })
  }

  #told(): string {
    return `${this.eventCount} events, ${this.bytesRead} bytes; its last words:\n${this.stderr.slice(-10).join('\n')}`
  }
}

/** Both ends of a pipe. The reading end does not block, so opening it waits for no writer. */
function openPipe(): { readEnd: number; writeEnd: number } {
  const folder = mkdtempSync(join(tmpdir(), 'kinloader-pipe-'))
  try {
    const path = join(folder, 'stdout')
    execFileSync('mkfifo', [path])
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: readonly string[]
}

/** Runs a modular input for an answer, as splunkd does with `--scheme` and `--validate-arguments`; kills it in time. */
export async function askInput(
  options: Omit<RunInputOptions, 'inputXml' | 'onEvent' | 'paused'> & {
    /** Default: standard input is empty. */
    readonly stdin?: string
    /** Default 30,000, as Splunk Web waits. */
    readonly timeoutMs?: number
  },
): Promise<Outcome> {
  const child = spawn(options.command, options.args ?? [], {
    env: options.env ?? process.env,
    cwd: options.cwd,
    timeout: options.timeoutMs ?? 30_000,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      const lines = Buffer.concat(stderr).toString().split('\n')
      if (lines.at(-1) === '') lines.pop()
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: lines })
    })
  })
}

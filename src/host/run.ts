import { fstatSync, realpathSync, type Stats } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import { errorText } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { standardOutput } from './standard-output.ts'
import { createStderrLogger } from './stderr-logger.ts'
import { systemClock } from './system-clock.ts'
import { TerminalLine } from './terminal-line.ts'

/** What a program gets from the process it runs in. */
export interface ProgramHost {
  /** What follows the program's name on the command line. */
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  /** The size of the file that stdin is; undefined when it is a pipe, a terminal or another thing without an end. */
  stdinFileBytes(): number | undefined
  readonly stdout: Writable
  /** Stderr, for messages to people; the logger writes there too. */
  readonly terminal: TerminalLine
  readonly logger: Logger
  readonly clock: Clock
  /** Aborts when the program shall end. */
  readonly signal: AbortSignal
  /** What aborted `signal`, if that was a signal to the process. */
  stoppedBy(): NodeJS.Signals | undefined
  /** From now on SIGHUP calls this, where it ended the process before. */
  onHangup(listener: () => void): void
  /** Calls this when the process ends, also by a crash, a second signal or the stop time-out. It must not wait for anything. */
  onExit(listener: () => void): void
  /** How this program is started: absolute paths of the runtime and of the file it runs. */
  readonly launch: readonly [runtime: string, file: string]
}

export interface RunOptions {
  /** From the abort to the end of the process, whatever hangs. Default 1,600: splunkd gets impatient after a while. */
  readonly stopTimeoutMs?: number
  /** How often the parent is looked at. Default 1,000. */
  readonly parentCheckMs?: number
  /** Whether the death of the parent ends the program too. Default true; one started with nohup lives on. */
  readonly endsWithParent?: boolean
  /** `splunkd`: lines begin with the level, as splunkd reads them; `timed`: the local time precedes it. Default `splunkd`. */
  readonly log?: 'splunkd' | 'timed'
  /** When something was thrown past the program. Default 1. */
  readonly crashExitCode?: number
}

/**
 * Runs a program as this process and ends the process with the exit code that it resolves with.
 *
 * - SIGTERM, SIGINT and SIGBREAK abort the signal; a second one ends the process at once.
 * - A reader of stdout that went away and a parent that died abort it too, and quietly: splunkd's death leaves its
 *   children alive, and nobody would ever end them.
 * - Whatever is thrown past the program is one ERROR line without a stack, and its own exit code.
 * - Before the end stdout and stderr drain: `process.exit` forgets what a pipe has not taken yet. After an abort
 *   nothing waits longer than the stop time-out, because splunkd may have stopped reading.
 */
export async function runProgram(
  main: (host: ProgramHost) => Promise<number>,
  options: RunOptions = {},
): Promise<void> {
  const stopTimeoutMs = options.stopTimeoutMs ?? 1600
  const abort = new AbortController()
  const stdout = standardOutput()
  const terminal = new TerminalLine(process.stderr)
  const logger = createStderrLogger(terminal, options.log === 'timed' ? { prefix: localTime } : {})
  const crashExitCode = options.crashExitCode ?? 1
  let exitCode = crashExitCode
  let hasFailed = false
  let stoppedBy: NodeJS.Signals | undefined

  const stop = (): void => {
    if (abort.signal.aborted) return
    setTimeout(() => process.exit(exitCode), stopTimeoutMs)
    abort.abort()
  }
  const fail = (error: unknown): void => {
    if (hasFailed) return
    hasFailed = true
    logger.error('crash', { error: errorText(error) })
    void drained([process.stderr], 500).then(() => process.exit(crashExitCode))
  }

  silenceWarnings()
  process.on('uncaughtException', fail) // rejections nobody handles come here too
  stdout.on('error', stop)
  process.stderr.on('error', () => {}) // nobody reads the log: no reason to stop
  watchSignals((name) => {
    stoppedBy ??= name
    stop()
  })
  watchParent(options.endsWithParent === false ? () => {} : stop, options.parentCheckMs ?? 1000)

  try {
    exitCode = await main({
      argv: process.argv.slice(2),
      environment: process.env,
      stdin: stdin(),
      stdinFileBytes,
      stdout,
      terminal,
      logger,
      clock: systemClock,
      signal: abort.signal,
      stoppedBy: () => stoppedBy,
      onHangup: (listener) => {
        process.on('SIGHUP', listener)
      },
      onExit: (listener) => {
        process.on('exit', listener)
      },
      launch: [process.execPath, realpathSync(process.argv[1] ?? '')],
    })
    terminal.clear()
    await drained([stdout, process.stderr], 30_000)
    process.exit(exitCode)
  } catch (error) {
    fail(error)
  }
}

/** Each line on stderr is an entry in splunkd.log, and one without a level is an ERROR there. */
function silenceWarnings(): void {
  process.removeAllListeners('warning')
  process.on('warning', () => {})
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = '1'
}

function watchSignals(stop: (name: NodeJS.Signals) => void): void {
  const exitCodes = { SIGINT: 130, SIGBREAK: 149, SIGTERM: 143 } as const
  let isSecond = false
  for (const name of ['SIGINT', 'SIGBREAK', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (isSecond) process.exit(exitCodes[name])
      isSecond = true
      stop(name)
    })
  }
}

/**
 * On Windows the parent's id never changes; there the broken pipe tells. The timer also keeps a process alive that
 * waits for nothing but a promise, which Node would end with a warning.
 */
function watchParent(stop: () => void, intervalMs: number): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) stop()
  }, intervalMs)
}

/** Node makes an empty stream of a directory, as if there were nothing wrong. */
function stdin(): Readable {
  if (stdinStatus()?.isDirectory() !== true) return process.stdin
  return new Readable({
    read() {
      this.destroy(new Error('stdin is a directory'))
    },
  })
}

function stdinFileBytes(): number | undefined {
  const status = stdinStatus()
  return status?.isFile() === true ? status.size : undefined
}

function stdinStatus(): Stats | undefined {
  try {
    return fstatSync(0)
  } catch {
    return undefined // it is closed
  }
}

/** Resolves when everything written so far has left, the stream has broken, or the time is up. */
async function drained(streams: readonly Writable[], timeoutMs: number): Promise<void> {
  const deadline = new AbortController()
  const all = streams.map(
    (stream) =>
      new Promise<void>((resolve) => {
        if (!stream.writable || stream.writableLength === 0) resolve()
        else {
          stream.write('', () => {
            resolve()
          })
        }
      }),
  )
  await Promise.race([Promise.all(all), systemClock.sleep(timeoutMs, deadline.signal)])
  deadline.abort()
}

/** `2026/11/20 08:15:00 ` */
function localTime(): string {
  const now = new Date(systemClock.now())
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('/')
  return `${day} ${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')} `
}

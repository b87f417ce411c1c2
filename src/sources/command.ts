import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../core/errors.ts'
import { Chunks } from './chunks.ts'
import type { TextInput } from './text-input.ts'

export interface CommandInputOptions {
  readonly file: string
  readonly args: readonly string[]
  /** The descriptor which is read; all others are ours. */
  readonly capture: 'stdout' | 'stderr'
  readonly clock: Clock
  /** Aborts when the program shall stop. */
  readonly signal: AbortSignal
  /** The signal for the command then. */
  readonly stopSignal: () => NodeJS.Signals
  /** Whether a terminal has sent SIGINT to the command already, as it does to all of its foreground. */
  readonly isInForeground: boolean
  /** From the signal to SIGKILL. Default 10,000. */
  readonly killAfterMs?: number
}

/** How long a command which has been sent SIGINT by the terminal gets before we send one: two end many at once. */
const terminalSignalMs = 1000
/** How long the output may stay open after the command's end, held by what it started, when the program shall stop. */
const heirsMs = 1000

/**
 * The output of a command which runs as our child. When the program shall stop, the command is sent the same signal
 * and its output is still read to the end; one that does not end is killed.
 */
export class CommandInput implements TextInput {
  readonly #options: CommandInputOptions
  readonly #child: ChildProcess
  readonly #output: Readable
  readonly #exit: Promise<number>
  /** Aborts when the command has ended. */
  readonly #gone = new AbortController()
  readonly #closed = new AbortController()

  /** Throws `COMMAND_NOT_STARTED`. */
  static async start(options: CommandInputOptions): Promise<CommandInput> {
    const { file, args, capture } = options
    try {
      const child = spawn(file, [...args], {
        stdio: ['inherit', capture === 'stdout' ? 'pipe' : 'inherit', capture === 'stderr' ? 'pipe' : 'inherit'],
      })
      const output = child[capture]
      await new Promise((resolve, reject) => {
        child.once('spawn', resolve)
        child.once('error', reject)
      })
      if (output === null) throw new Error('it has no output')
      return new CommandInput(options, child, output)
    } catch (cause) {
      throw new KinloaderError('COMMAND_NOT_STARTED', `Failed to start command: ${reasonOf(file, cause)}.`, { cause })
    }
  }

  private constructor(options: CommandInputOptions, child: ChildProcess, output: Readable) {
    this.#options = options
    this.#child = child
    this.#output = output
    child.on('error', () => {}) // a signal that could not be sent
    this.#exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#gone.abort()
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
    const { signal } = options
    const stop = (): void => void this.#stop()
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  }

  async *read(): AsyncIterable<Uint8Array> {
    const chunks = new Chunks(this.#output)
    const { signal } = this.#closed
    for (let chunk = await chunks.next(signal); chunk !== undefined; chunk = await chunks.next(signal)) yield chunk
  }

  exitCode(): Promise<number> {
    return this.#exit
  }

  /** It has been told to stop itself, and all that it said until then is read. */
  isCut(): boolean {
    return false
  }

  /** The command gets SIGTERM: nobody hears it any more, and it should not run on unseen. */
  close(): void {
    this.#closed.abort()
    this.#output.destroy()
    this.#child.kill('SIGTERM')
  }

  async #stop(): Promise<void> {
    const { clock, stopSignal, isInForeground, killAfterMs = 10_000 } = this.#options
    const signal = stopSignal()
    if (signal === 'SIGINT' && isInForeground) await clock.sleep(terminalSignalMs, this.#gone.signal)
    this.#child.kill(signal)
    await clock.sleep(killAfterMs, this.#gone.signal)
    this.#child.kill('SIGKILL')
    await this.#exit
    await clock.sleep(heirsMs, this.#closed.signal)
    this.#closed.abort()
  }
}

function reasonOf(file: string, error: unknown): string {
  const code = errorCode(error)
  if (code === 'ENOENT') return `there is no "${file}"`
  if (code === 'EACCES') return `"${file}" may not be executed`
  return errorText(error)
}

import { isAborted } from '../../core/aborting.ts'
import type { Clock } from '../../core/clock.ts'
import type { TerminalLine } from '../../host/terminal-line.ts'
import { counted } from './counted.ts'

export interface TransferProgressOptions {
  /** Of the command, for lines which stay. */
  readonly name: string
  readonly terminal: TerminalLine
  readonly clock: Clock
  /** Undefined: nobody knows how much it will be. */
  readonly totalBytes: number | undefined
  /** Events that are read and have not arrived. */
  readonly waitingEvents: () => number
}

interface Sample {
  readonly atMs: number
  readonly bytes: number
}

/** Between two looks on a terminal; elsewhere, where each makes a line, it is longer. */
const terminalIntervalMs = 500
const lineIntervalMs = 10_000
/** Of how many looks the rate is the mean. */
const maxSamples = 20

/**
 * Shows how far the reading of an input is, at the end of the terminal or else in lines now and then:
 *
 *     12.5 MiB of 100.0 MiB (12 %), 51,200 events, 800 of them waiting, 3.1 MiB/s, 0:28 left
 *
 * Durations come from a clock that does not jump.
 */
export class TransferProgress {
  readonly #options: TransferProgressOptions
  readonly #done = new AbortController()
  readonly #startMs: number
  #samples: Sample[]
  #bytes = 0
  #events = 0

  constructor(options: TransferProgressOptions) {
    this.#options = options
    this.#startMs = options.clock.monotonic()
    this.#samples = [{ atMs: this.#startMs, bytes: 0 }]
  }

  add(bytes: number, events: number): void {
    this.#bytes += bytes
    this.#events += events
  }

  /** Shows until the end; resolves soon after it. */
  async run(): Promise<void> {
    const { terminal, clock } = this.#options
    const { signal } = this.#done
    while (!isAborted(signal)) {
      if (terminal.isTerminal) terminal.show(this.line())
      await clock.sleep(terminal.isTerminal ? terminalIntervalMs : lineIntervalMs, signal)
      this.#samples = [...this.#samples.slice(1 - maxSamples), { atMs: clock.monotonic(), bytes: this.#bytes }]
      if (!isAborted(signal) && !terminal.isTerminal) terminal.write(`${this.#options.name}: ${this.line()}\n`)
    }
  }

  /** Takes the line away and leaves a last one. */
  end(): void {
    const { name, terminal, clock } = this.#options
    this.#done.abort()
    terminal.clear()
    const elapsedMs = clock.monotonic() - this.#startMs
    const rate = elapsedMs > 0 ? `, ${bytesText((this.#bytes * 1000) / elapsedMs)}/s` : ''
    const what = `${bytesText(this.#bytes)} read, ${counted(this.#events, 'event')}${rate}`
    terminal.write(`${name}: ${what} in ${durationText(elapsedMs)}.\n`)
  }

  line(): string {
    const { totalBytes, waitingEvents } = this.#options
    const waiting = waitingEvents()
    const bytesPerMs = this.#rate()
    const parts = [
      totalBytes === undefined
        ? bytesText(this.#bytes)
        : `${bytesText(this.#bytes)} of ${bytesText(totalBytes)} (${percentText(this.#bytes, totalBytes)})`,
      counted(this.#events, 'event'),
      ...(waiting === 0 ? [] : [`${waiting.toLocaleString('en-US')} of them waiting`]),
      `${bytesText(bytesPerMs * 1000)}/s`,
    ]
    if (totalBytes !== undefined && totalBytes > this.#bytes && bytesPerMs > 0) {
      parts.push(`${durationText((totalBytes - this.#bytes) / bytesPerMs)} left`)
    }
    return parts.join(', ')
  }

  #rate(): number {
    const first = this.#samples[0] ?? { atMs: this.#startMs, bytes: 0 }
    const elapsedMs = this.#options.clock.monotonic() - first.atMs
    return elapsedMs > 0 ? (this.#bytes - first.bytes) / elapsedMs : 0
  }
}

/** `512 B`, `3.1 MiB` */
function bytesText(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 'B'
  for (const next of units) {
    if (value < 1024) break
    value /= 1024
    unit = next
  }
  return `${unit === 'B' ? Math.round(value) : value.toFixed(1)} ${unit}`
}

/** A file may grow while it is read. */
function percentText(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.min(100, Math.floor((100 * part) / whole))} %`
}

/** `0:28`, `1:02:03` */
function durationText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000)
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`
}

import type { Writable } from 'node:stream'
import { errorCode, KinloaderError } from '../../../core/errors.ts'
import { fileReason } from '../../../sinks/file/errors.ts'
import { counted } from '../counted.ts'
import type { EventOutlet } from './event-outlet.ts'

/**
 * Prints events for people who want to see where they begin and end. Nothing of an event is at the beginning of a
 * line, so nothing can be taken for a border:
 *
 *     --- event 1: 3 lines, 21 bytes
 *     |2026-11-20 first
 *     |
 *     |third
 *     --- event 2: 1 line, 4 bytes
 *     |last
 *     \ no line feed
 *     --- 2 events, 25 bytes
 */
export class EventPrinting implements EventOutlet {
  readonly #stdout: Writable
  readonly #signal: AbortSignal
  #events = 0
  #bytes = 0
  #failure: Error | undefined
  /** Who waits for stdout. A listener of the signal for each would look at all others: a chunk has 30,000 short lines. */
  readonly #waiting = new Set<() => void>()

  /** When the signal aborts, nobody who does not read is waited for. */
  constructor(stdout: Writable, signal: AbortSignal) {
    this.#stdout = stdout
    this.#signal = signal
    const letGo = (): void => {
      for (const resolve of this.#waiting) resolve()
    }
    signal.addEventListener('abort', letGo, { once: true })
  }

  async write(event: Uint8Array): Promise<void> {
    this.#events += 1
    this.#bytes += event.length
    const text = Buffer.from(event).toString('latin1')
    const isEnded = text.endsWith('\n')
    const lines = (isEnded ? text.slice(0, -1) : text).split('\n')
    const head = `--- event ${this.#events}: ${counted(lines.length, 'line')}, ${counted(event.length, 'byte')}\n`
    const body = lines.map((line) => `|${line}\n`).join('')
    await this.#print(Buffer.from(`${head}${body}${isEnded ? '' : '\\ no line feed\n'}`, 'latin1'))
  }

  async end(): Promise<void> {
    await this.#print(Buffer.from(`--- ${counted(this.#events, 'event')}, ${counted(this.#bytes, 'byte')}\n`))
    if (this.#failure !== undefined && errorCode(this.#failure) !== 'EPIPE') {
      throw new KinloaderError('OUTPUT_FAILED', `Failed to print: ${fileReason(this.#failure)}.`, {
        cause: this.#failure,
      })
    }
  }

  waitingEvents(): number {
    return 0
  }

  async #print(bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) return
    if (this.#signal.aborted) {
      this.#stdout.write(bytes)
      return
    }
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve)
      this.#stdout.write(bytes, (error) => {
        if (error !== undefined && error !== null) this.#failure ??= error
        this.#waiting.delete(resolve)
        resolve()
      })
    })
  }
}

import { Worker } from 'node:worker_threads'
import { KinloaderError } from '../../../core/errors.ts'
import type { MadeRecords, RecordAnswer, RecordRequest, RecordSettings } from './record-request.ts'

/**
 * The thread which makes records of segments: event times, JSON and gzip cost most of what a relay costs, and must not
 * keep the sockets waiting. One segment at a time, so it holds only one.
 */
export class RecordThread {
  /** Rejects when the thread has died; never resolves. The program must end then: it would be deaf before long. */
  readonly died: Promise<never>
  readonly #worker: Worker
  #pending: Pending | undefined
  #death: KinloaderError | undefined
  #isClosing = false

  /** `file` is what the thread runs; it must call `serveRecords`. */
  constructor(file: string, settings: RecordSettings) {
    this.#worker = new Worker(file, { workerData: settings })
    this.#worker.on('message', (answer: RecordAnswer) => {
      this.#pending?.resolve(answer)
      this.#pending = undefined
    })
    this.died = new Promise((_resolve, reject) => {
      const die = (cause: unknown): void => {
        this.#death ??= threadDied(cause)
        this.#pending?.reject(this.#death)
        this.#pending = undefined
        reject(this.#death)
      }
      this.#worker.on('error', die)
      this.#worker.on('exit', () => {
        if (!this.#isClosing) die(undefined)
      })
    })
    // Whoever waits for it hears of it; nobody needs to.
    this.died.catch(() => undefined)
  }

  /** One at a time. Rejects with the failure's code, or with that of the thread's death. */
  async make(request: RecordRequest): Promise<MadeRecords> {
    if (this.#death !== undefined) throw this.#death
    // Never a race with `died`: that lives as long as the process, and would keep each answer which it raced with.
    const answer = await new Promise<RecordAnswer>((resolve, reject) => {
      this.#pending = { resolve, reject }
      this.#worker.postMessage(request)
    })
    if ('made' in answer) return answer.made
    throw new KinloaderError(answer.failure.code, answer.failure.message, { retryable: true })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.#worker.terminate()
  }
}

/** Who waits for an answer. */
interface Pending {
  readonly resolve: (answer: RecordAnswer) => void
  readonly reject: (error: KinloaderError) => void
}

function threadDied(cause: unknown): KinloaderError {
  return new KinloaderError(
    'WORKER',
    'The thread which makes records has died; what was accepted is in the spool and is delivered after a restart.',
    { cause },
  )
}

import { Worker } from 'node:worker_threads'
import { errorText, KinloaderError } from '../../../core/errors.ts'
import type { FinalAnswer, MadeRecords, RecordAnswer, RecordRequest, RecordSettings } from './record-request.ts'

/**
 * The thread which makes records of segments: event times, JSON and gzip cost most of what a relay costs, and must not
 * keep the sockets waiting. One segment at a time, so it holds only one.
 */
export class RecordThread {
  /** Rejects when the thread has died; never resolves. The program must end then: it would be deaf before long. */
  readonly died: Promise<never>
  readonly #worker: Worker
  #pending: Pending | undefined
  /** Whether the thread is at what is pending. */
  #hasBegun = false
  #cause: unknown
  #isDead = false
  #isClosing = false

  /** `file` is what the thread runs; it must call `serveRecords`. */
  constructor(file: string, settings: RecordSettings) {
    this.#worker = new Worker(file, { workerData: settings })
    this.#worker.on('message', (answer: RecordAnswer) => {
      this.#hear(answer)
    })
    this.#worker.on('error', (cause) => {
      this.#cause = cause
    })
    this.died = new Promise((_resolve, reject) => {
      // Not at the error: that may overtake what the thread said before it.
      this.#worker.on('exit', () => {
        if (this.#isClosing) return
        const death = this.#hasBegun ? diedOverSegment(this.#cause) : diedIdle(this.#cause)
        this.#isDead = true
        this.#pending?.reject(death)
        this.#pending = undefined
        reject(death)
      })
    })
    // Whoever waits for it hears of it; nobody needs to.
    this.died.catch(() => undefined)
  }

  /**
   * One at a time. Rejects with the failure's code, or with that of the thread's death: `WORKER` when it was at this
   * segment, `WORKER_START` when it was at none, before it began or ever after.
   */
  async make(request: RecordRequest): Promise<MadeRecords> {
    if (this.#isDead) throw diedIdle(this.#cause)
    // Never a race with `died`: that lives as long as the process, and would keep each answer which it raced with.
    const answer = await new Promise<FinalAnswer>((resolve, reject) => {
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

  #hear(answer: RecordAnswer): void {
    this.#hasBegun = 'begun' in answer
    if ('begun' in answer) return
    this.#pending?.resolve(answer)
    this.#pending = undefined
  }
}

/** Who waits for an answer. */
interface Pending {
  readonly resolve: (answer: FinalAnswer) => void
  readonly reject: (error: KinloaderError) => void
}

function diedOverSegment(cause: unknown): KinloaderError {
  return new KinloaderError('WORKER', `The thread which makes records has died; ${delivered}.`, { cause })
}

function diedIdle(cause: unknown): KinloaderError {
  const why = cause === undefined ? '' : ` (${errorText(cause)})`
  return new KinloaderError(
    'WORKER_START',
    `The thread which makes records has died; it was at no segment${why}, so look at the installation and the machine's memory; ${delivered}.`,
    { cause },
  )
}

const delivered = 'what was accepted is in the spool and is delivered after a restart'

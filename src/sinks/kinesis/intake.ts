import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { LogEvent } from '../../core/event.ts'
import { Deferred } from '../deferred.ts'
import { EventBatch } from './event-batch.ts'

/** A batch until its last event is delivered. */
export interface CollectedBatch {
  readonly events: EventBatch
  /** Resolves when all its events are delivered. */
  readonly delivered: Deferred
}

export interface IntakeOptions {
  readonly clock: Clock
  /** Bytes of event lines held at the same time. */
  readonly maxBytes: number
  /** How long events are collected, in milliseconds. */
  readonly flushIntervalMs: () => number
  /** The id of the next batch. */
  readonly nextId: () => string
}

interface Waiter {
  readonly event: LogEvent
  readonly line: string
  readonly taken: (batch: CollectedBatch) => void
  readonly refused: (error: Error) => void
}

/** A batch which holds more is closed before its time. */
const fullBatchBytes = 4 * 1024 * 1024

/**
 * Takes events until a bound, collects them in batches, and holds back who brings more, first come first served.
 *
 * Those who wait are bounded too, for not everybody who writes waits for the promise: what exceeds a second `maxBytes`
 * of waiting events is refused with `QUEUE_FULL`.
 */
export class Intake {
  readonly #options: IntakeOptions
  readonly #closed: CollectedBatch[] = []
  /** All which are not delivered, closed or not. */
  readonly #live = new Set<CollectedBatch>()
  readonly #waiters: Waiter[] = []
  #open: CollectedBatch | undefined
  #waitingBytes = 0
  #heldBytes = 0
  #heldEvents = 0
  #ended: Error | undefined
  #wake = new AbortController()

  constructor(options: IntakeOptions) {
    this.#options = options
  }

  /** Why nothing is taken any more. */
  get ended(): Error | undefined {
    return this.#ended
  }

  get pending(): { readonly events: number; readonly bytes: number } {
    return { events: this.#heldEvents, bytes: this.#heldBytes }
  }

  /** Whether an event of that line would be taken at once. */
  hasRoomFor(line: string): boolean {
    if (this.#waiters.length > 0) return false
    // One which is larger than all the room there is gets through alone.
    return this.#heldBytes === 0 || this.#heldBytes + line.length <= this.#options.maxBytes
  }

  /** Only where `hasRoomFor` said so. */
  take(event: LogEvent, line: string): CollectedBatch {
    this.#heldBytes += line.length
    this.#heldEvents += 1
    const batch = this.#openBatch()
    batch.events.add(event, line)
    if (batch.events.bytes >= fullBatchBytes) this.#close()
    else if (batch.events.events === 1) this.#wake.abort()
    return batch
  }

  /** Waits for room. Rejects with `QUEUE_FULL`, `ABORTED`, or the error the intake ended with. */
  takeLater(event: LogEvent, line: string, signal?: AbortSignal): Promise<CollectedBatch> {
    if (this.#waitingBytes + line.length > this.#options.maxBytes && this.#waiters.length > 0)
      return Promise.reject(queueFull())
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        const at = this.#waiters.indexOf(waiter)
        if (at < 0) return
        this.#waiters.splice(at, 1)
        this.#waitingBytes -= line.length
        waiter.refused(new KinloaderError('ABORTED', 'The write was given up before the event was taken.'))
        this.#serve()
      }
      const waiter: Waiter = {
        event,
        line,
        taken: (batch) => {
          signal?.removeEventListener('abort', leave)
          resolve(batch)
        },
        refused: (error) => {
          signal?.removeEventListener('abort', leave)
          reject(error)
        },
      }
      this.#waiters.push(waiter)
      this.#waitingBytes += line.length
      signal?.addEventListener('abort', leave)
      if (signal?.aborted === true) leave()
    })
  }

  /** The next batch to be packed, in order: a full one, or the open one when it is old enough. Undefined at the abort. */
  async next(signal: AbortSignal): Promise<CollectedBatch | undefined> {
    const { clock, flushIntervalMs } = this.#options
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const open = this.#open
      if (this.#closed.length === 0 && open !== undefined) {
        const ageMs = clock.monotonic() - open.events.openedAtMs
        if (ageMs >= flushIntervalMs()) this.#close()
      }
      const next = this.#closed.shift()
      if (next !== undefined) return next
      const waitMs = open === undefined ? 3_600_000 : open.events.openedAtMs + flushIntervalMs() - clock.monotonic()
      await clock.sleep(waitMs, AbortSignal.any([signal, this.#wake.signal]))
    }
    return undefined
  }

  /** Closes the open batch; resolves when all which is held by now is delivered. Never rejects. */
  async flush(): Promise<void> {
    this.#close()
    await Promise.allSettled([...this.#live].map(({ delivered }) => delivered.promise))
  }

  /** So many events are delivered, which held so many bytes. */
  delivered(events: number, bytes: number): void {
    this.#heldEvents -= events
    this.#heldBytes -= bytes
    this.#serve()
  }

  /** Nothing of the batch is left. */
  finished(batch: CollectedBatch): void {
    this.#live.delete(batch)
    batch.delivered.resolve()
  }

  /** Nothing more is taken; who waits is refused with that. */
  end(reason: Error): void {
    this.#ended ??= reason
    for (const waiter of this.#waiters.splice(0)) waiter.refused(reason)
    this.#waitingBytes = 0
  }

  /** What is not delivered will not be. */
  abandon(reason: Error): void {
    this.end(reason)
    for (const { delivered } of this.#live) delivered.reject(reason)
    this.#live.clear()
  }

  #openBatch(): CollectedBatch {
    if (this.#open !== undefined) return this.#open
    const { clock, nextId } = this.#options
    this.#open = { events: new EventBatch(nextId(), clock.monotonic()), delivered: new Deferred() }
    this.#live.add(this.#open)
    return this.#open
  }

  #close(): void {
    if (this.#open === undefined) return
    this.#closed.push(this.#open)
    this.#open = undefined
    this.#wake.abort()
  }

  #serve(): void {
    for (let first = this.#waiters[0]; first !== undefined; first = this.#waiters[0]) {
      const fits = this.#heldBytes === 0 || this.#heldBytes + first.line.length <= this.#options.maxBytes
      if (!fits) return
      this.#waiters.shift()
      this.#waitingBytes -= first.line.length
      first.taken(this.take(first.event, first.line))
    }
  }
}

function queueFull(): KinloaderError {
  return new KinloaderError(
    'QUEUE_FULL',
    'The log write queue is full: wait for the promise of each write, raise maxPendingBytes, or let events be dropped.',
    { retryable: true },
  )
}

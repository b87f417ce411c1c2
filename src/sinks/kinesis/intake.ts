import type { Clock } from '../../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'
import type { LogEvent } from '../../core/event.ts'
import { isPassing } from '../spooling/errors.ts'
import { type CollectedBatch, isEvictable, LiveBatches } from './collected-batch.ts'
import { EventBatch, heldBytesOf } from './event-batch.ts'
import { HeldEvents } from './held-events.ts'
import type { PackingPlan } from './packing.ts'
import type { SpooledBatches } from './spooled-batches.ts'
import { SpoolPatience } from './spool-patience.ts'
import { WaitingLine } from './waiting-line.ts'

/** A batch as it is packed. */
export interface LoadedBatch {
  readonly batch: CollectedBatch
  readonly events: EventBatch
  readonly plan: PackingPlan | undefined
}

export interface IntakeOptions {
  readonly clock: Clock
  /** Bytes of events held in memory at the same time. */
  readonly maxBytes: number
  /** How long events are collected, in milliseconds. */
  readonly flushIntervalMs: () => number
  /** The id of the next batch. */
  readonly nextId: () => string
  readonly spooled?: SpooledBatches | undefined
  /** So many events were taken, and the spool did not give them back. */
  readonly onLost: (events: number) => void
}

/** How an event is taken which may have to wait. */
export interface Taking {
  /** Whether a spool which takes nothing for now is waited for. */
  readonly isPatient: boolean
  /** Whoever brings it waits for it before the next, so that bounds it; default false. */
  readonly isOneAtATime?: boolean
  readonly signal?: AbortSignal
}

/** A batch which holds more is closed before its time, and one which holds a quarter of all there may be. */
const fullBatchBytes = 4 * 1024 * 1024

/** More complete ones are not kept in memory where they are on disk: each has its file open. */
const maxOpenBatches = 64

/** What timers can keep; something always happens earlier, or it is looked again. */
const longestSleepMs = 3_600_000

/**
 * Takes events until a bound, collects them in batches, and holds back who brings more, first come first served.
 *
 * With a spool an event is on disk before it counts as taken, and complete batches leave the memory when it is full.
 *
 * Those who wait are bounded too, for not everybody who writes waits for the promise: what exceeds a second `maxBytes`
 * of waiting events is refused with `QUEUE_FULL`.
 */
export class Intake {
  readonly #options: IntakeOptions
  readonly #closed: CollectedBatch[] = []
  readonly #live = new LiveBatches()
  readonly #waiting = new WaitingLine((bytes) => this.#fits(bytes))
  readonly #patience: SpoolPatience
  readonly #fullBatchBytes: number
  #open: CollectedBatch | undefined
  readonly #held: HeldEvents
  #ended: Error | undefined
  #wake = new AbortController()

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#patience = new SpoolPatience(options.clock)
    this.#held = new HeldEvents(options.maxBytes, options.spooled !== undefined)
    this.#fullBatchBytes = Math.min(fullBatchBytes, options.maxBytes / 4)
    for (const id of options.spooled?.leftovers ?? []) this.#closed.push(this.#live.begin(id))
  }

  /** Why nothing is taken any more. */
  get ended(): Error | undefined {
    return this.#ended
  }

  /** Events which are not delivered, also those on disk, and the bytes which are held for those in memory. */
  get pending(): { readonly events: number; readonly bytes: number } {
    const { events, bytes } = this.#held
    return { events, bytes }
  }

  /** Whether an event of so many bytes may be taken without waiting for room. */
  hasRoomFor(bytes: number): boolean {
    return this.#waiting.isEmpty && this.#fits(bytes)
  }

  /** In memory. Only where `hasRoomFor` said so. */
  take(event: LogEvent, line: string): CollectedBatch {
    const bytes = heldBytesOf(event, line)
    this.#held.take(bytes)
    const batch = this.#openBatch()
    this.#add(batch, event, line)
    this.#fill(batch, bytes)
    return batch
  }

  /**
   * Waits for room, and with a spool for the disk. Rejects with `QUEUE_FULL`, `ABORTED`, what the intake ended with,
   * or the spool's own errors; those which pass only with `isPatient` false.
   */
  takeLater(event: LogEvent, line: string, { isPatient, isOneAtATime, signal }: Taking): Promise<CollectedBatch> {
    const bytes = heldBytesOf(event, line)
    if (this.hasRoomFor(bytes)) return this.#admit(event, line, isPatient, signal)
    const isTooMuch = this.#waiting.bytes + bytes > this.#options.maxBytes && !this.#waiting.isEmpty
    if (isTooMuch && isOneAtATime !== true) return Promise.reject(queueFull())
    return this.#waiting.join(bytes, () => this.#admit(event, line, isPatient, signal), signal)
  }

  /** The next batch to be packed, in order: a full one, or the open one when it is old enough. Undefined at the abort. */
  async next(signal: AbortSignal): Promise<LoadedBatch | undefined> {
    const { clock, flushIntervalMs } = this.#options
    while (!signal.aborted) {
      this.#wake = new AbortController()
      const open = this.#open?.events
      const ageMs = open === undefined ? 0 : clock.monotonic() - open.openedAtMs
      if (this.#closed.length === 0 && open !== undefined && ageMs >= flushIntervalMs()) this.#close()
      const next = this.#closed[0]
      if (next?.writing === 0) {
        this.#closed.shift()
        const loaded = await this.#load(next, signal)
        if (loaded !== undefined) return loaded
        continue
      }
      const dueMs = next !== undefined || open === undefined ? Infinity : flushIntervalMs() - ageMs
      const waitMs = Math.min(longestSleepMs, dueMs)
      await clock.sleep(waitMs, AbortSignal.any([signal, this.#wake.signal]))
    }
    return undefined
  }

  /** Closes the open batch; resolves when all which is held by now is delivered. Never rejects. */
  async flush(): Promise<void> {
    this.#close()
    await this.#live.settled
  }

  /** The batch's events are records now, of so many bytes in all, and these are held instead. */
  packed(batch: CollectedBatch, recordBytes: number): void {
    this.#held.pack(batch.bytes, recordBytes)
    batch.events = undefined
    this.#waiting.serve()
  }

  /** So many events are delivered, whose records held so many bytes. */
  delivered(events: number, recordBytes: number): void {
    this.#held.deliver(events, recordBytes)
    this.#waiting.serve()
  }

  /** Nothing of the batch is left to be delivered. */
  async finished(batch: CollectedBatch): Promise<void> {
    // Given up meanwhile: the spool is closed, and the next process sends the batch again.
    if (!this.#live.has(batch)) return
    await this.#options.spooled?.remove(batch.id)
    this.#live.delivered(batch)
    this.#patience.tryAgain()
  }

  /** Nothing more is taken; who waits is refused with that. */
  end(reason: Error): void {
    this.#ended ??= reason
    this.#waiting.refuse(reason)
    this.#patience.end(reason)
  }

  /** What is not delivered will not be, by this process. */
  abandon(reason: Error): void {
    this.end(reason)
    this.#live.allGivenUp(reason)
  }

  #fits(bytes: number): boolean {
    return this.#held.hasRoomFor(bytes) || this.#evicts(bytes)
  }

  #add(batch: CollectedBatch, event: LogEvent, line: string): void {
    batch.events?.add(event, line)
    batch.count += 1
    if (batch.events?.events === 1) this.#wake.abort()
  }

  /** When it is full, the next event begins another one. */
  #fill(batch: CollectedBatch, bytes: number): void {
    batch.bytes += bytes
    if (batch.bytes >= this.#fullBatchBytes && this.#open === batch) this.#close()
  }

  async #admit(event: LogEvent, line: string, isPatient: boolean, signal?: AbortSignal): Promise<CollectedBatch> {
    const { spooled } = this.#options
    if (spooled === undefined) return this.take(event, line)
    const bytes = heldBytesOf(event, line)
    this.#held.take(bytes)
    try {
      return await this.#spool(spooled, event, line, isPatient, signal)
    } catch (error) {
      this.#held.refuse(bytes)
      this.#waiting.serve()
      throw error
    }
  }

  async #spool(
    spooled: SpooledBatches,
    event: LogEvent,
    line: string,
    isPatient: boolean,
    signal?: AbortSignal,
  ): Promise<CollectedBatch> {
    if (!this.#patience.isNeeded || !isPatient) {
      try {
        return await this.#append(spooled, event, line)
      } catch (error) {
        if (!isPassing(error) || !isPatient) throw error
      }
    }
    return this.#patience.wait(() => this.#append(spooled, event, line), signal)
  }

  async #append(spooled: SpooledBatches, event: LogEvent, line: string): Promise<CollectedBatch> {
    const batch = this.#openBatch()
    const bytes = heldBytesOf(event, line)
    batch.writing += 1
    // Before it is written: a file takes only so much, and all who write at the same time write into this one.
    this.#fill(batch, bytes)
    try {
      await spooled.append(batch.id, event)
      this.#add(batch, event, line)
      return batch
    } catch (error) {
      batch.bytes -= bytes
      throw error
    } finally {
      this.#written(batch)
    }
  }

  /** Undefined when it is on disk and cannot be read: it was told, and stays there unless it is gone. */
  async #load(batch: CollectedBatch, signal: AbortSignal): Promise<LoadedBatch | undefined> {
    if (batch.events !== undefined) return { batch, events: batch.events, plan: undefined }
    try {
      const read = await this.#options.spooled?.read(batch.id, signal)
      if (read === undefined) throw new KinloaderError('SPOOL_GONE', `The batch ${batch.id} is gone.`)
      const { events, plan } = read
      this.#held.load(events.bytes)
      this.#lose(batch.count - events.events)
      batch.bytes = events.bytes
      return { batch, events, plan }
    } catch (error) {
      if (errorCode(error) === 'SPOOL_BATCH_GONE') this.#lose(batch.count)
      this.#live.givenUp(batch, error instanceof Error ? error : new Error(errorText(error)))
      return undefined
    }
  }

  /**
   * Events which were taken, and which the spool did not give back. Negative: it gave back more than was known of, of an
   * earlier process, or of a write which failed and could not be cut off.
   */
  #lose(events: number): void {
    this.#held.lose(events)
    if (events > 0) this.#options.onLost(events)
  }

  /** Batches leave the memory, the latest first, until so many bytes fit; whether they do now. */
  #evicts(bytes: number): boolean {
    if (this.#options.spooled === undefined) return false
    for (const batch of [...this.#closed].reverse()) {
      if (this.#held.hasRoomFor(bytes)) return true
      if (isEvictable(batch)) this.#evict(batch)
    }
    const open = this.#open
    if (!this.#held.hasRoomFor(bytes) && open !== undefined && isEvictable(open)) {
      // Nobody else closes it while Kinesis is away: nothing is packed then, and those who wait would wait for ever.
      this.#close()
      // It may be gone by now, if many are closed.
      if (isEvictable(open)) this.#evict(open)
    }
    return this.#held.hasRoomFor(bytes)
  }

  #evict(batch: CollectedBatch): void {
    batch.events = undefined
    this.#held.evict(batch.bytes)
    batch.writing += 1
    void this.#options.spooled?.rest(batch.id).finally(() => {
      this.#written(batch)
    })
  }

  /** Something of the batch is in its file now. */
  #written(batch: CollectedBatch): void {
    batch.writing -= 1
    if (batch.writing > 0) return
    this.#wake.abort()
    this.#closeFile(batch)
    // It may leave the memory now.
    this.#waiting.serve()
  }

  /** While Kinesis is away, batches closed before they are full may come by the thousand. */
  #closeFile(batch: CollectedBatch): void {
    const isMany = this.#options.spooled !== undefined && this.#closed.length > maxOpenBatches
    // Of one which was given up the spool may be closed.
    if (isMany && this.#live.has(batch) && batch !== this.#open && isEvictable(batch)) this.#evict(batch)
  }

  #openBatch(): CollectedBatch {
    if (this.#open !== undefined) return this.#open
    const { clock, nextId } = this.#options
    const id = nextId()
    this.#open = this.#live.begin(id, new EventBatch(id, clock.monotonic()))
    return this.#open
  }

  #close(): void {
    const batch = this.#open
    if (batch === undefined) return
    this.#closed.push(batch)
    this.#open = undefined
    this.#wake.abort()
    this.#closeFile(batch)
  }
}

function queueFull(): KinloaderError {
  return new KinloaderError(
    'QUEUE_FULL',
    'The log write queue is full: wait for the promise of each write, raise maxPendingBytes, or let events be dropped.',
    { retryable: true },
  )
}

import type { Writable } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import type { Encoder } from '../../core/codec.ts'
import { errorText, KinloaderError } from '../../core/errors.ts'
import type { LogEvent } from '../../core/event.ts'
import type { Counters } from '../../core/metrics.ts'
import type { Receipt, Sink } from '../../core/sink.ts'
import { Deferred, onAbort } from '../deferred.ts'
import { SettlingLedger } from './ledger.ts'
import { Outflow } from './outflow.ts'

/**
 * The pipe to splunkd: one long `<stream>` of events, in the order of the writes.
 *
 * A write is accepted when its bytes fit into a small queue, so a splunkd that does not read holds its writers back.
 * It is safe as the ledger says. When a stream falls silent before its last events are, a pipe's size of line feeds
 * between events (splunkd skips white space there) shows whether it has read them: the kernel takes the last of those
 * only when what came before has left the pipe. At most once in a hold-back, and only while something waits for it.
 */
export interface SplunkPipeOptions {
  /** Nobody else writes to it. It is not ended. */
  readonly output: Writable
  readonly encoder: Encoder<LogEvent>
  readonly clock: Clock
  /** Gets `events`, `bytes` and `filler_bytes` (a part of `bytes`) accepted, and `blocked_seconds`. */
  readonly counters: Counters
  /** How long splunkd is given to work on what it has read. Default 2000. */
  readonly holdBackMs?: number
  /** What the kernel keeps between us and splunkd. Default 65,536, the size of a pipe on Linux. */
  readonly pipeBytes?: number
  /** With so many bytes ahead of it a write waits; the last one let in may exceed it by a chunk. Default 262,144. */
  readonly maxQueuedBytes?: number
}

export class SplunkPipeSink implements Sink<LogEvent> {
  readonly name = 'splunk-pipe'
  readonly #encoder: Encoder<LogEvent>
  readonly #clock: Clock
  readonly #counters: Counters
  readonly #maxQueuedBytes: number
  readonly #filler: Uint8Array
  readonly #outflow: Outflow
  readonly #ledger: SettlingLedger
  readonly #waiting: Waiting[] = []
  /** Behind the last byte of the last event. */
  #eventPosition = 0
  #tending = false
  /** Why later writes are not taken. */
  #refusal: Error | undefined
  #failed = false
  #closing: Promise<void> | undefined
  readonly #ended = new AbortController()
  #watchers: Watcher[] = []

  constructor(options: SplunkPipeOptions) {
    this.#encoder = options.encoder
    this.#clock = options.clock
    this.#counters = options.counters
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 262_144
    const pipeBytes = options.pipeBytes ?? 65_536
    this.#filler = Buffer.alloc(pipeBytes, '\n')
    this.#ledger = new SettlingLedger(options.holdBackMs ?? 2000, pipeBytes)
    this.#outflow = new Outflow({
      ...options,
      onAccepted: (position) => {
        this.#accepted(position)
      },
      onFailure: (reason) => {
        this.#fail(reason)
      },
    })
  }

  /** For how long splunkd has not taken what is there for it; 0 while the pipe flows or nothing is to be written. */
  get heldBackMs(): number {
    return this.#outflow.busyMs
  }

  write(items: readonly LogEvent[], signal: AbortSignal): Promise<Receipt> {
    return new Promise<Receipt>((resolve, reject) => {
      if (this.#refusal !== undefined) {
        reject(this.#refusal)
        return
      }
      const entry: Waiting = { items, next: 0, resolve, reject, forget: () => {} }
      this.#waiting.push(entry)
      if (!signal.aborted) this.#admit()
      if (!this.#waiting.includes(entry)) return
      entry.forget = onAbort(signal, () => {
        this.#refuseFrom(entry, new KinloaderError('ABORTED', 'The write was aborted before Splunk took all of it.'))
      })
    })
  }

  flush(deadline: AbortSignal): Promise<void> {
    return this.#until(() => this.#waiting.length === 0 && this.#ledger.size === 0, deadline)
  }

  /** Waits for the pipe to take what is queued, not for it to be safe: that is what `flush` is for. */
  close(deadline: AbortSignal): Promise<void> {
    this.#closing ??= this.#end(deadline)
    return this.#closing
  }

  /** Queues what there is room for, a slice at a time: an enormous write needs no enormous buffer. */
  #admit(): void {
    for (let entry = this.#waiting[0]; entry !== undefined; entry = this.#waiting[0]) {
      const { items, next } = entry
      if (next < items.length) {
        if (this.#outflow.pendingBytes >= this.#maxQueuedBytes) return
        entry.next = sliceEnd(items, next)
        const slice = entry.next - next === items.length ? items : items.slice(next, entry.next)
        this.#open()
        this.#outflow.push(this.#encoder.encode(slice))
        this.#eventPosition = this.#outflow.position
        this.#counters.add('events', slice.length)
      }
      if (entry.next < items.length) continue
      this.#waiting.shift()
      entry.forget()
      entry.resolve({ safe: this.#ledger.safeAt(this.#eventPosition, this.#clock.monotonic()) })
    }
    void this.#tend()
  }

  #open(): void {
    if (this.#outflow.position === 0) this.#outflow.push(Buffer.from('<stream>\n'))
  }

  #accepted(position: number): void {
    this.#ledger.accepted(position, this.#clock.monotonic())
    this.#admit()
    this.#look()
  }

  /**
   * Runs while the ledger waits for time to pass: settles what has become safe, and asks the pipe by a filler when
   * nothing else will move it. One at a time; whatever else it could wait for wakes it again through `#admit`.
   */
  async #tend(): Promise<void> {
    if (this.#tending) return
    this.#tending = true
    while (!this.#ended.signal.aborted) {
      const now = this.#clock.monotonic()
      this.#ledger.settle(now)
      this.#look()
      const waitMs = this.#ledger.msToOld(now)
      if (waitMs === undefined || (waitMs === 0 && this.#outflow.pendingBytes > 0)) break
      if (waitMs === 0) {
        // Whatever is written after it grows old a hold-back later, so the next one cannot follow sooner.
        this.#outflow.push(this.#filler)
        this.#counters.add('filler_bytes', this.#filler.length)
        break
      }
      await this.#clock.sleep(waitMs, this.#ended.signal)
    }
    this.#tending = false
  }

  async #end(deadline: AbortSignal): Promise<void> {
    this.#refusal ??= new KinloaderError('CLOSED', 'The pipe to Splunk is closed; write before closing it.')
    await this.#until(() => this.#waiting.length === 0, deadline)
    const missed = new KinloaderError(
      'NOT_SETTLED',
      'The pipe to Splunk was closed before its last events were safe; they are read again at the next start.',
    )
    for (const entry of this.#waiting.splice(0)) refuse(entry, missed)
    if (!deadline.aborted) {
      this.#open()
      this.#outflow.push(Buffer.from('</stream>\n'))
      await this.#until(() => this.#outflow.pendingBytes === 0, deadline)
    }
    this.#ended.abort()
    this.#ledger.reject(missed)
    this.#look()
  }

  #fail(reason: unknown): void {
    this.#failed = true
    const error = new KinloaderError(
      'OUTPUT_CLOSED',
      `Splunk has closed the pipe (${errorText(reason)}); what it had not read for sure is read again at the next start.`,
      { cause: reason },
    )
    this.#refusal ??= error
    this.#ended.abort()
    for (const entry of this.#waiting.splice(0)) refuse(entry, error)
    this.#ledger.reject(error)
    this.#look()
  }

  /** Those behind a refused write are refused with it: a hole in the middle would break order. */
  #refuseFrom(entry: Waiting, reason: KinloaderError): void {
    const at = this.#waiting.indexOf(entry)
    if (at < 0) return
    this.#refusal ??= reason
    for (const refused of this.#waiting.splice(at)) refuse(refused, reason)
    this.#look()
  }

  /** Resolves when it has come true, can no longer, or the deadline aborts. */
  async #until(isTrue: () => boolean, deadline: AbortSignal): Promise<void> {
    if (isTrue() || this.#failed || this.#ended.signal.aborted) return
    const watcher: Watcher = { isTrue, seen: new Deferred() }
    this.#watchers.push(watcher)
    const forget = onAbort(deadline, watcher.seen.resolve)
    await watcher.seen.promise
    forget()
    this.#watchers = this.#watchers.filter((other) => other !== watcher)
  }

  #look(): void {
    for (const { isTrue, seen } of this.#watchers) {
      if (isTrue() || this.#ended.signal.aborted) seen.resolve()
    }
  }
}

/** A write that is not taken as a whole yet. */
interface Waiting {
  readonly items: readonly LogEvent[]
  /** The first item that is not queued. */
  next: number
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (reason: Error) => void
  /** Stops listening to the signal of the write. */
  forget: () => void
}

interface Watcher {
  readonly isTrue: () => boolean
  readonly seen: Deferred
}

/** Messages of so many characters are encoded together. */
const sliceCharacters = 256 * 1024

/** What the elements around a message add, roughly. */
const frameCharacters = 150

function sliceEnd(items: readonly LogEvent[], start: number): number {
  let end = start
  for (let size = 0; end < items.length && size < sliceCharacters; end++) {
    size += frameCharacters + (items[end]?.message.length ?? 0)
  }
  return end
}

function refuse(entry: Waiting, reason: Error): void {
  entry.forget()
  entry.reject(reason)
}

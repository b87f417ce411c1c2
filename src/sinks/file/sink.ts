import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { Counters } from '../../core/metrics.ts'
import type { Receipt, Sink } from '../../core/sink.ts'
import { Deferred, onAbort } from '../deferred.ts'
import type { Outlet } from './outlet.ts'

export interface FileSinkOptions {
  readonly outlet: Outlet
  readonly clock: Clock
  /** Gets `bytes` written and `syncs`. */
  readonly counters: Counters
  /** While this much waits to be written no further write is taken; the last one taken may go beyond it. Default 1 MiB. */
  readonly maxQueuedBytes?: number
  /** Between two syncs, in milliseconds: each costs the disk a round. Default 1,000; 0 for an outlet which needs none. */
  readonly syncIntervalMs?: number
  /**
   * Writes one item first, then two, four, and so on, with a short pause behind each, up to a thousand. A reader which
   * takes a few and goes away, as `head` does, is noticed by the next write only: in one write all would have left.
   */
  readonly slowStart?: boolean
}

/** Bytes which are written together, in one piece or several. */
export type FileItem = Uint8Array | readonly Uint8Array[]

/**
 * Bytes into a file or a pipe, in the order of the writes, each of which is taken as a whole or not at all. They are
 * safe when they are written and the outlet was synced after that: not before would they survive a power cut.
 */
export class FileSink implements Sink<FileItem> {
  readonly name = 'file'
  readonly #options: FileSinkOptions
  readonly #maxQueuedBytes: number
  readonly #syncIntervalMs: number
  #waiting: Waiting[] = []
  #queue: FileItem[] = []
  /** What is written together; used again and again, as an outlet has no use for it any more when it has written it. */
  #chunk = Buffer.alloc(0)
  /** Positions count the bytes since the start. */
  #accepted = 0
  #written = 0
  #safe = 0
  #receipts: { readonly position: number; readonly settled: Deferred }[] = []
  #syncedAtMs: number
  #flushing = 0
  /** Written together at most. */
  #maxItems: number
  #isWorking = false
  #working: Promise<void> = Promise.resolve()
  #refusal: Error | undefined
  #failure: Error | undefined
  #over = false
  #closing: Promise<void> | undefined
  #wake: () => void = () => {}
  #watchers: (() => void)[] = []

  constructor(options: FileSinkOptions) {
    this.#options = options
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 1024 * 1024
    this.#syncIntervalMs = options.syncIntervalMs ?? 1000
    this.#maxItems = options.slowStart === true ? 1 : Number.POSITIVE_INFINITY
    this.#syncedAtMs = options.clock.monotonic()
  }

  /** So many of the bytes written since the start are safe; always at the end of an item. */
  get safeBytes(): number {
    return this.#safe
  }

  /** Whether everything that was accepted is safe. */
  get isSafe(): boolean {
    return this.#safe === this.#accepted
  }

  /** What broke it. */
  get failure(): Error | undefined {
    return this.#failure
  }

  write(items: readonly FileItem[], signal: AbortSignal): Promise<Receipt> {
    return new Promise<Receipt>((resolve, reject) => {
      if (this.#refusal !== undefined) {
        reject(this.#refusal)
        return
      }
      const entry: Waiting = { items, resolve, reject, forget: () => {} }
      this.#waiting.push(entry)
      entry.forget = onAbort(signal, () => {
        this.#refuseFrom(entry, new KinloaderError('ABORTED', 'The write was aborted before it was taken.'))
      })
      this.#admit()
    })
  }

  async flush(deadline: AbortSignal): Promise<void> {
    this.#flushing += 1
    this.#wake()
    this.#work()
    const done = new Deferred()
    const look = (): void => {
      if (this.#over || (this.#waiting.length === 0 && this.#receipts.length === 0)) done.resolve()
    }
    this.#watchers.push(look)
    look()
    const forget = onAbort(deadline, done.resolve)
    await done.promise
    forget()
    this.#watchers = this.#watchers.filter((other) => other !== look)
    this.#flushing -= 1
  }

  close(deadline: AbortSignal): Promise<void> {
    this.#closing ??= this.#end(deadline)
    return this.#closing
  }

  #admit(): void {
    for (let entry = this.#waiting[0]; entry !== undefined; entry = this.#waiting[0]) {
      if (this.#accepted - this.#written >= this.#maxQueuedBytes) return
      this.#waiting.shift()
      entry.forget()
      for (const item of entry.items) {
        this.#accepted += bytesOf(item)
        this.#queue.push(item)
      }
      const settled = new Deferred()
      if (this.#accepted === this.#safe) settled.resolve()
      else this.#receipts.push({ position: this.#accepted, settled })
      entry.resolve({ safe: settled.promise })
    }
    this.#wake()
    this.#work()
  }

  #work(): void {
    if (this.#isWorking || this.#over) return
    this.#isWorking = true
    this.#working = this.#writeAndSync()
  }

  async #writeAndSync(): Promise<void> {
    try {
      while (!this.#isOver()) {
        if (this.#queue.length > 0) await this.#writeSome()
        const waitMs = this.#msToSync()
        if (waitMs === 0) await this.#sync()
        else if (this.#queue.length === 0) {
          if (waitMs === undefined) return
          await this.#nap(waitMs)
        }
      }
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#isWorking = false
    }
  }

  async #writeSome(): Promise<void> {
    const bytes = this.#nextChunk()
    await this.#options.outlet.write(bytes)
    this.#written += bytes.length
    this.#options.counters.add('bytes', bytes.length)
    this.#admit()
    if (this.#maxItems === Number.POSITIVE_INFINITY) return
    this.#maxItems = this.#maxItems < slowItems ? this.#maxItems * 2 : Number.POSITIVE_INFINITY
    await this.#options.clock.sleep(slowPauseMs)
  }

  /** Small pieces leave together: a system call costs more than copying them. Items are never cut. */
  #nextChunk(): Uint8Array {
    let count = 0
    let bytes = 0
    for (const item of this.#queue) {
      const itemBytes = bytesOf(item)
      if (count === this.#maxItems || (count > 0 && bytes + itemBytes > chunkBytes)) break
      bytes += itemBytes
      count += 1
    }
    const items = this.#queue.splice(0, count)
    if (items.length === 1 && items[0] instanceof Uint8Array) return items[0]
    if (this.#chunk.length < bytes) this.#chunk = Buffer.allocUnsafeSlow(Math.max(bytes, chunkBytes))
    let at = 0
    for (const piece of items.flat()) {
      this.#chunk.set(piece, at)
      at += piece.length
    }
    return this.#chunk.subarray(0, bytes)
  }

  /** Undefined when there is nothing to sync. */
  #msToSync(): number | undefined {
    if (this.#written === this.#safe) return undefined
    if (this.#flushing > 0 && this.#queue.length === 0) return 0
    return Math.max(0, this.#syncedAtMs + this.#syncIntervalMs - this.#options.clock.monotonic())
  }

  async #sync(): Promise<void> {
    const upTo = this.#written
    await this.#options.outlet.sync()
    this.#options.counters.add('syncs')
    this.#syncedAtMs = this.#options.clock.monotonic()
    this.#safe = upTo
    let settled = 0
    for (const { position } of this.#receipts) {
      if (position > upTo) break
      settled += 1
    }
    for (const receipt of this.#receipts.splice(0, settled)) receipt.settled.resolve()
    this.#look()
  }

  /** Until it is time to sync, or something else is to be done. */
  async #nap(ms: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => {
      woken.abort()
    }
    await this.#options.clock.sleep(ms, woken.signal)
    this.#wake = () => {}
  }

  async #end(deadline: AbortSignal): Promise<void> {
    this.#refusal ??= new KinloaderError('CLOSED', 'The file is closed; write before closing it.')
    await this.flush(deadline)
    const missed = new KinloaderError('NOT_SETTLED', 'The file was closed before its last bytes were safe.')
    this.#stop(missed, missed)
    // One which is still writing is left to the end of the process: closing would wait for it.
    if (!this.#isWorking || !deadline.aborted) {
      await this.#working
      await this.#options.outlet.close().catch(() => {})
    }
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#failure = error
    this.#stop(error, error)
  }

  #stop(refusal: Error, lost: Error): void {
    this.#over = true
    this.#refusal ??= refusal
    this.#queue = []
    const next = this.#waiting[0]
    if (next !== undefined) this.#refuseFrom(next, refusal)
    for (const { settled } of this.#receipts.splice(0)) settled.reject(lost)
    this.#wake()
    this.#look()
  }

  /** Asked through a function, because awaits lie between the questions. */
  #isOver(): boolean {
    return this.#over
  }

  /** Those behind a refused write are refused with it: a hole in the middle would break order. */
  #refuseFrom(entry: Waiting, reason: Error): void {
    const at = this.#waiting.indexOf(entry)
    if (at < 0) return
    this.#refusal ??= reason
    for (const { reject, forget } of this.#waiting.splice(at)) {
      forget()
      reject(reason)
    }
    this.#look()
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher()
  }
}

/** The sum of its pieces. */
function bytesOf(item: FileItem): number {
  if (item instanceof Uint8Array) return item.length
  let bytes = 0
  for (const piece of item) bytes += piece.length
  return bytes
}

/** A write which is not taken yet. */
interface Waiting {
  readonly items: readonly FileItem[]
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (reason: Error) => void
  /** Stops listening to the signal of the write. */
  forget: () => void
}

const chunkBytes = 256 * 1024

/** Of the slow start: a quarter of a second in all. */
const slowItems = 512
const slowPauseMs = 25

import { KinloaderError } from '../core/errors.ts'
import type { Receipt, Sink } from '../core/sink.ts'
import { Deferred, onAbort } from './deferred.ts'

/**
 * A sink that keeps what it takes, for tests and dry runs. Items are safe at once, unless `byHand` asks for one that
 * behaves like a slow place: then `settle` makes safe what was taken so far, and after `block` nothing more is taken.
 */
export interface MemorySinkOptions {
  /** Receipts settle by `settle` only. Default false. */
  readonly byHand?: boolean
}

export class MemorySink<T> implements Sink<T> {
  readonly name = 'memory'
  /** Everything taken, in order. */
  readonly items: T[] = []
  readonly #byHand: boolean
  #waiting: Waiting<T>[] = []
  #unsettled: Deferred[] = []
  #flushing: Deferred[] = []
  #blocked = false
  #refusal: Error | undefined

  constructor(options: MemorySinkOptions = {}) {
    this.#byHand = options.byHand ?? false
  }

  write(items: readonly T[], signal: AbortSignal): Promise<Receipt> {
    return new Promise<Receipt>((resolve, reject) => {
      if (this.#refusal !== undefined) {
        reject(this.#refusal)
        return
      }
      const entry: Waiting<T> = { items, resolve, reject, forget: () => {} }
      this.#waiting.push(entry)
      entry.forget = onAbort(signal, () => {
        this.#refuseFrom(entry, new KinloaderError('ABORTED', 'The write was aborted before it was taken.'))
      })
      this.#take()
    })
  }

  async flush(deadline: AbortSignal): Promise<void> {
    if (this.#unsettled.length === 0) return
    const flushed = new Deferred()
    this.#flushing.push(flushed)
    const forget = onAbort(deadline, flushed.resolve)
    await flushed.promise
    forget()
  }

  async close(): Promise<void> {
    this.fail(new KinloaderError('CLOSED', 'The sink is closed; write before closing it.'))
  }

  /** What was taken so far is safe. */
  settle(): void {
    for (const { resolve } of this.#unsettled.splice(0)) resolve()
    for (const { resolve } of this.#flushing.splice(0)) resolve()
  }

  /** Nothing more is taken until `unblock`. */
  block(): void {
    this.#blocked = true
  }

  unblock(): void {
    this.#blocked = false
    this.#take()
  }

  /** Breaks the sink: nothing more is taken, what is not safe by now never will be. */
  fail(error: Error): void {
    this.#refusal ??= error
    for (const { reject } of this.#unsettled.splice(0)) {
      reject(new KinloaderError('NOT_SETTLED', 'The sink ended before the items were safe.', { cause: error }))
    }
    for (const { resolve } of this.#flushing.splice(0)) resolve()
    const next = this.#waiting[0]
    if (next !== undefined) this.#refuseFrom(next, error)
  }

  #take(): void {
    if (this.#blocked) return
    for (const { items, resolve, forget } of this.#waiting.splice(0)) {
      forget()
      for (const item of items) this.items.push(item)
      const settled = new Deferred()
      const safeAlready = items.length === 0 && this.#unsettled.length === 0
      if (this.#byHand && !safeAlready) this.#unsettled.push(settled)
      else settled.resolve()
      resolve({ safe: settled.promise })
    }
  }

  /** Those behind a refused write are refused with it: a hole in the middle would break order. */
  #refuseFrom(entry: Waiting<T>, reason: Error): void {
    this.#refusal ??= reason
    const at = this.#waiting.indexOf(entry)
    for (const { reject, forget } of at < 0 ? [] : this.#waiting.splice(at)) {
      forget()
      reject(reason)
    }
  }
}

interface Waiting<T> {
  readonly items: readonly T[]
  readonly resolve: (receipt: Receipt) => void
  readonly reject: (reason: Error) => void
  forget: () => void
}

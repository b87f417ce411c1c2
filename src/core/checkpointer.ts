import { isAborted, untilAborted } from './aborting.ts'
import { Backoff } from './backoff.ts'
import type { CheckpointStore } from './checkpoint.ts'
import type { Clock } from './clock.ts'
import { errorCode, errorText, KinloaderError } from './errors.ts'
import type { Logger } from './logger.ts'

export interface CheckpointerOptions {
  readonly store: CheckpointStore
  readonly clock: Clock
  readonly logger: Logger
  /** Between the starts of two saves, in milliseconds. Default 5,000. */
  readonly intervalMs?: number
  /**
   * A save which takes longer is given up and tried again. Default 30,000, and 2,000 for each key: a store which paces
   * itself to its write units must get to the last of them.
   */
  readonly saveTimeoutMs?: number
}

/**
 * Carries positions into the store: the newest value of each key, one save in flight, one save an interval;
 * urgent keys (a shard's end) at once. The number of dirty keys is the number of lanes.
 *
 * A failed save keeps its keys dirty, warns once and tries again, so a store which is away costs duplicates
 * after a crash, never loss. An error which is not `retryable` ends `run`, and with it the program.
 */
export class Checkpointer {
  readonly #options: CheckpointerOptions
  #dirty = new Map<string, string | null>()
  #urgent = false
  #failing = false
  /** Raised by `clear`: what an older save could not store is not wanted any more. */
  #generation = 0
  #saving: Promise<void> | undefined
  #wake: () => void = () => {}
  #savedAtMs: number | undefined

  constructor(options: CheckpointerOptions) {
    this.#options = options
  }

  /** Milliseconds since the store last took everything; undefined before the first save. */
  get ageMs(): number | undefined {
    return this.#savedAtMs === undefined ? undefined : this.#options.clock.monotonic() - this.#savedAtMs
  }

  get dirty(): number {
    return this.#dirty.size
  }

  set(key: string, value: string | null, options: { urgent?: boolean } = {}): void {
    this.#dirty.set(key, value)
    if (options.urgent === true) this.#urgent = true
    this.#wake()
  }

  /** Forgets what is dirty: positions of a stream which is no more. */
  clear(): void {
    this.#dirty.clear()
    this.#urgent = false
    this.#generation += 1
  }

  /** Saves until the signal aborts; then resolves without a last save, which is `close`'s. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, intervalMs = 5000 } = this.#options
    const backoff = new Backoff({ baseMs: 500, maxMs: 30_000 })
    let startedMs = Number.NEGATIVE_INFINITY
    while (!signal.aborted) {
      await this.#due(startedMs + intervalMs, signal)
      if (isAborted(signal)) return
      startedMs = clock.monotonic()
      if (await this.save(signal)) backoff.reset()
      else await clock.sleep(backoff.next(), signal)
    }
  }

  /**
   * One save of what is dirty now, after the one in flight. False when the store did not take it and may later;
   * rejects when it never will.
   */
  async save(signal: AbortSignal): Promise<boolean> {
    while (this.#saving !== undefined) await this.#saving
    if (this.#dirty.size === 0) return true
    const changes = this.#dirty
    this.#dirty = new Map()
    this.#urgent = false
    const saving = this.#put(changes, signal)
    this.#saving = saving.then(
      () => {},
      () => {},
    )
    try {
      return await saving
    } finally {
      this.#saving = undefined
    }
  }

  async #put(changes: ReadonlyMap<string, string | null>, signal: AbortSignal): Promise<boolean> {
    const { store, clock, logger, saveTimeoutMs = 30_000 + 2000 * changes.size } = this.#options
    const generation = this.#generation
    const timeout = new AbortController()
    const both = AbortSignal.any([signal, timeout.signal])
    const waiting = new AbortController()
    const late = clock.sleep(saveTimeoutMs, AbortSignal.any([signal, waiting.signal])).then(() => {
      timeout.abort()
      throw new KinloaderError('CHECKPOINT_TIMEOUT', `the checkpoint store did not answer in ${saveTimeoutMs} ms`, {
        retryable: true,
      })
    })
    try {
      const refused = await Promise.race([store.save(changes, both), late])
      if (refused.length > 0) {
        logger.error('checkpoint', { error: 'another reader owns these checkpoints', keys: refused.join(',') })
      }
      this.#savedAtMs = clock.monotonic()
      if (this.#failing) logger.info('checkpoint', { state: 'saving again' })
      this.#failing = false
      return true
    } catch (error) {
      if (generation === this.#generation) {
        for (const [key, value] of changes) if (!this.#dirty.has(key)) this.#dirty.set(key, value)
      }
      if (signal.aborted) return false
      if (error instanceof KinloaderError && !error.retryable) throw error
      if (!this.#failing) {
        logger.warn('checkpoint', {
          error: errorText(error),
          code: errorCode(error),
          effect: 'reading goes on, positions are kept and tried again',
        })
      }
      this.#failing = true
      return false
    } finally {
      waiting.abort()
      late.catch(() => {})
    }
  }

  /** Waits until something is dirty and its time has come. */
  async #due(atMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      if (signal.aborted || this.#urgent) return
      const waitMs = atMs - clock.monotonic()
      if (this.#dirty.size > 0 && waitMs <= 0) return
      const woken = new AbortController()
      this.#wake = () => {
        woken.abort()
      }
      const either = AbortSignal.any([signal, woken.signal])
      await (this.#dirty.size > 0 ? clock.sleep(waitMs, either) : untilAborted(either))
    }
  }
}

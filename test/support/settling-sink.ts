import type { Clock } from '../../src/core/clock.ts'
import { KinloaderError } from '../../src/core/errors.ts'
import type { Receipt, Sink } from '../../src/core/sink.ts'

interface Accepted<T> {
  readonly items: readonly T[]
  settled: boolean
}

/**
 * A place which behaves as splunkd's pipe does: what it has accepted is safe after the hold-back, and lost when the
 * reader dies before that. `gate` holds `write` back, as a pipe which nobody reads.
 */
export class SettlingSink<T> implements Sink<T> {
  readonly name = 'settling'
  readonly #clock: Clock
  readonly #holdBackMs: number
  readonly #accepts: () => Promise<void>
  readonly #accepted: Accepted<T>[] = []
  #blocked: Promise<void> = Promise.resolve()
  #open: () => void = () => {}
  #shut = false

  constructor(clock: Clock, holdBackMs: number, accepts: () => Promise<void> = () => Promise.resolve()) {
    this.#accepts = accepts
    this.#clock = clock
    this.#holdBackMs = holdBackMs
  }

  /** Nobody reads from now on. */
  block(): void {
    if (this.#shut) return
    this.#shut = true
    this.#blocked = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  unblock(): void {
    this.#shut = false
    this.#open()
  }

  async write(items: readonly T[], signal: AbortSignal): Promise<Receipt> {
    await this.#accepts()
    await Promise.race([this.#blocked, aborted(signal)])
    if (signal.aborted) throw new KinloaderError('ABORTED', 'stopped')
    const entry: Accepted<T> = { items, settled: false }
    this.#accepted.push(entry)
    const safe = this.#clock.sleep(this.#holdBackMs, signal).then(() => {
      if (signal.aborted) throw new KinloaderError('NOT_SETTLED', 'stopped before it was safe')
      entry.settled = true
    })
    return { safe }
  }

  async flush(deadline: AbortSignal): Promise<void> {
    await this.#clock.sleep(this.#holdBackMs, deadline)
  }

  async close(): Promise<void> {}

  /** All that was accepted. */
  all(): readonly T[] {
    return this.#accepted.flatMap(({ items }) => items)
  }

  /** What survives a crash: everything settled, and of the rest the first writes, as many as `keep` says. */
  surviving(keep: (unsettled: number) => number): readonly T[] {
    const firstUnsettled = this.#accepted.findIndex(({ settled }) => !settled)
    if (firstUnsettled === -1) return this.all()
    const kept = firstUnsettled + keep(this.#accepted.length - firstUnsettled)
    return this.#accepted.slice(0, kept).flatMap(({ items }) => items)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => {
      resolve()
    })
  })
}

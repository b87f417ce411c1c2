import { untilAborted } from './aborting.ts'
import type { Sink } from './sink.ts'
import type { Delivery, Source } from './source.ts'
import type { Clock } from './clock.ts'
import { withDeadline } from './with-deadline.ts'

export interface PumpOptions<In, Out> {
  readonly source: Source<In>
  readonly sink: Sink<Out>
  /** One item in, any number out. Never throws: what cannot be decoded is an item too. */
  readonly decode: (item: In, lane: string) => readonly Out[]
  readonly clock: Clock
  /** Ends the pump: nothing newer is acked, what is acked is saved. */
  readonly signal: AbortSignal
  /** What source and sink get to close after the abort, in milliseconds. Default 1,000. */
  readonly closeMs?: number
  /**
   * What the sink gets after the abort to make safe, and so remembered, what it has accepted, in milliseconds. Default
   * 0: that is read again, and the end comes at once.
   */
  readonly settleMs?: number
  /** What the sink gets to make everything safe when the source ends by itself, in milliseconds. Default 30,000. */
  readonly flushMs?: number
  /** Items a write holds at most; more would be decoded before the first leaves. Default 512. */
  readonly chunkItems?: number
  /**
   * Deliveries carried at once. Default 1. More is for a source with at most one unreleased delivery a lane, so that
   * order holds in each lane: then a sink which groups what is written can join the bytes of many lanes. Writes begin in
   * the order of the deliveries.
   */
  readonly parallel?: number
  /** Called after a lane's items were accepted; where one is carried at once, before the next lane's are decoded. */
  readonly accepted?: (lane: string) => void
}

/**
 * source → decode → sink: release after acceptance, ack after safety. The heart of every program.
 *
 * Resolves when the source has ended or the signal aborted, everything is closed and what is acked is saved.
 * Rejects with the first error of source or sink, after the same closing.
 */
export async function pump<In, Out>(options: PumpOptions<In, Out>): Promise<void> {
  const { source, sink, signal, clock, closeMs = 1000, settleMs = 0, flushMs = 30_000, parallel = 1 } = options
  const stop = new AbortController()
  const either = AbortSignal.any([signal, stop.signal])
  const stopped = (): boolean => either.aborted
  const outcome: { failure?: { readonly error: unknown } } = {}
  const acks = new Set<Promise<void>>()
  const fail = (error: unknown): void => {
    if (stop.signal.aborted || signal.aborted) return
    outcome.failure = { error }
    stop.abort()
  }
  const settle = async (deadline: AbortSignal): Promise<void> => {
    await sink.flush(deadline)
    // A receipt settles some turns before the ack which follows it; without it the last position is not saved.
    await Promise.race([Promise.all(acks), untilAborted(deadline)])
  }
  const porters = new Porters(parallel, fail)
  try {
    for await (const delivery of source.read(either)) {
      if (!(await porters.take(carry(delivery, options, either, { fail, acks })))) break
    }
    await porters.rest()
    if (!stopped()) await withDeadline(clock, flushMs, (deadline) => settle(AbortSignal.any([deadline, either])))
  } catch (error) {
    fail(error)
  }
  await porters.rest()
  if (stopped() && settleMs > 0) await withDeadline(clock, settleMs, settle)
  stop.abort()
  await withDeadline(clock, closeMs, async (deadline) => {
    await Promise.allSettled([sink.close(deadline), source.close(deadline)])
  })
  if (outcome.failure !== undefined) throw outcome.failure.error
}

/** Carries one delivery into the sink; its ack follows when all its writes are safe. */
async function carry<In, Out>(
  delivery: Delivery<In>,
  options: PumpOptions<In, Out>,
  signal: AbortSignal,
  { fail, acks }: Carrying,
): Promise<void> {
  const { sink, decode, chunkItems = 512, accepted } = options
  const receipts: Promise<void>[] = []
  const write = async (items: readonly Out[]): Promise<void> => {
    const { safe } = await sink.write(items, signal)
    safe.catch(fail)
    receipts.push(safe)
  }
  let chunk: Out[] = []
  for (const item of delivery.items) {
    for (const out of decode(item, delivery.lane)) {
      chunk.push(out)
      if (chunk.length < chunkItems) continue
      await write(chunk)
      chunk = []
    }
  }
  if (chunk.length > 0) await write(chunk)
  accepted?.(delivery.lane)
  delivery.release()
  // The ack alone goes into the closure: the delivery would keep its items in memory for the whole hold-back.
  const { ack } = delivery
  const acked = Promise.all(receipts).then(ack, () => {
    // Not safe, so never acked; `fail` has it from the receipt itself.
  })
  acks.add(acked)
  void acked.then(() => acks.delete(acked))
}

/** So many deliveries on their way at once. */
class Porters {
  readonly #count: number
  readonly #fail: (error: unknown) => void
  #busy = 0
  #failed = false
  #wake: () => void = () => {}

  constructor(count: number, fail: (error: unknown) => void) {
    this.#count = count
    this.#fail = fail
  }

  /** Resolves when the next may come; false when there shall be no next, because one did not arrive. */
  async take(work: Promise<void>): Promise<boolean> {
    this.#busy += 1
    void this.#see(work)
    while (!this.#failed && this.#busy >= this.#count) await this.#change()
    return !this.#failed
  }

  /** Resolves when all have arrived, or failed to. */
  async rest(): Promise<void> {
    while (this.#busy > 0) await this.#change()
  }

  async #see(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#failed = true
      // At once: the source may wait for its next delivery for ever.
      this.#fail(error)
    }
    this.#busy -= 1
    this.#wake()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

interface Carrying {
  readonly fail: (error: unknown) => void
  /** One a delivery which is not acked yet. */
  readonly acks: Set<Promise<void>>
}

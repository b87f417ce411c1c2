import type { ChildShard } from '@aws-sdk/client-kinesis'
import { kinesisFault, type KinesisFault } from '../../clients/kinesis-errors.ts'
import type { KinesisStream } from '../../clients/kinesis-stream.ts'
import { isAborted } from '../../core/aborting.ts'
import { Backoff, type Random } from '../../core/backoff.ts'
import type { Budget, Reservation } from '../../core/budget.ts'
import type { Clock } from '../../core/clock.ts'
import { Counters } from '../../core/metrics.ts'
import type { RateGate } from '../../core/rate-gate.ts'
import { readAnswer, type Answer } from './answer.ts'
import { FetchSize } from './fetch-size.ts'
import { Freshness, type Gap } from './freshness.ts'
import { InFlight } from './in-flight.ts'
import { ReadPace, type ReadLimits } from './pace.ts'
import { iteratorStart, type ShardPosition } from './position.ts'
import type { KinesisRecord } from './record.ts'

/** What a shard gives: records and where one stands after them. Held by the budget until `reservation` is freed. */
export interface ShardBatch {
  readonly records: readonly KinesisRecord[]
  readonly position: ShardPosition
  readonly reservation: Reservation
  /** The shard's last batch: what its children are, as far as the answer told. */
  readonly end?: { readonly children: readonly ChildShard[] }
}

export interface ShardReaderOptions {
  readonly shardId: string
  readonly from: ShardPosition
  /** Of the reader this one replaces, so that they never go back. */
  readonly counters?: Counters
  readonly stream: KinesisStream
  readonly budget: Budget
  readonly clock: Clock
  readonly random: Random
  readonly limits: ReadLimits
  /** Passed before each call for records; shared with other shards. */
  readonly gate?: RateGate | undefined
  /** What an answer shall hold, about. Default 1 MiB. */
  readonly fetchBytes?: number | undefined
  /** See `readAnswer`. */
  readonly keepsBase64?: boolean | undefined
  /** Between two tries where somebody has to act, in milliseconds; half of it at least. Default 30,000. */
  readonly slowRetryMs?: number | undefined
  readonly retentionMs: number
  /** Who does not take what was read, for the state line: `Splunk`. */
  readonly heldBackBy: string
  /** Takes a batch; never waits, the budget is the bound. */
  readonly deliver: (batch: ShardBatch) => void
  /** Whether the service lists this shard, and as closed. Asked when an answer leaves it open. */
  readonly lookUp: () => Promise<'open' | 'closed' | 'unlisted'>
  /** Told of each fault which is not part of normal reading, and of the first success after it. */
  readonly report: (fault: KinesisFault, error: unknown) => void
  readonly recovered: () => void
  /** Records may have expired unread. */
  readonly gap: (gap: Gap) => void
}

/** Denied, disabled keys, a stream which is gone: somebody has to act, and may. */
const defaultSlowRetryMs = 30_000

/** AWS: an iterator lives for five minutes. */
const iteratorRestMs = 240_000

type Phase = 'reading' | 'throttled' | 'failing' | 'stopped' | 'closed'

/**
 * Reads one shard from a position to its end: iterator, GetRecords, deliver, again.
 *
 * Every iterator after the first begins after the last record *delivered*, so a stall beyond the iterator's five
 * minutes neither repeats nor skips. An empty answer ends nothing: only a missing next iterator ends a shard, and
 * only then are its records delivered like any others. Errors are waited out as their meaning demands; none of them
 * ends the reader but the two which say that the position belongs elsewhere.
 */
export class ShardReader {
  readonly counters: Counters
  readonly #options: ShardReaderOptions
  readonly #pace: ReadPace
  readonly #size: FetchSize
  readonly #freshness: Freshness
  readonly #failures: Backoff
  readonly #inFlight: InFlight
  #position: ShardPosition
  #iterator: string | undefined
  #phase: Phase = 'reading'
  #badIterators = 0
  #reported = false
  #isQueueing = false
  #progressAtMs: number

  constructor(options: ShardReaderOptions) {
    const { clock, limits, random, from, budget } = options
    this.#options = options
    this.counters = options.counters ?? new Counters()
    this.#position = from
    this.#pace = new ReadPace(clock, limits, random)
    this.#size = new FetchSize(options.fetchBytes)
    this.#inFlight = new InFlight(clock, budget)
    this.#failures = new Backoff({ baseMs: 200, maxMs: 10_000, random })
    this.#freshness = new Freshness(clock, from)
    this.#progressAtMs = clock.monotonic()
  }

  /** After the last record delivered. */
  get position(): ShardPosition {
    return this.#position
  }

  get state(): string {
    if (this.#phase !== 'closed' && this.#phase !== 'stopped' && this.#inFlight.heldBackMs > 1000) {
      return `held back by ${this.#options.heldBackBy}`
    }
    return this.#phase
  }

  /**
   * Milliseconds behind the tip; undefined before the first answer. What was fetched and is not taken is behind it too,
   * however near to the tip the last answer was.
   */
  get lagMs(): number | undefined {
    const lagMs = this.#phase === 'closed' ? 0 : this.#freshness.lagMs
    return lagMs === undefined ? undefined : Math.max(lagMs, this.#inFlight.oldestMs)
  }

  /** Moment of the monotonic clock up to which everything was delivered; undefined before the first answer. */
  get completeAtMs(): number | undefined {
    return this.#freshness.completeAtMs
  }

  /** Milliseconds without an answer or an error, while nobody holds the shard back. */
  get stalledMs(): number {
    return this.#inFlight.isWaiting || this.#isQueueing ? 0 : this.#options.clock.monotonic() - this.#progressAtMs
  }

  /** Resolves when the shard is drained, stopped for good, or the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted && this.#phase !== 'closed' && this.#phase !== 'stopped') {
      this.#progressAtMs = clock.monotonic()
      const delayMs = this.#pace.delayMs()
      if (delayMs > 0) await clock.sleep(delayMs, signal)
      const reservation = await this.#inFlight.makeRoom(this.#size.reserveBytes, signal)
      if (reservation === undefined) continue
      this.#progressAtMs = clock.monotonic()
      try {
        await this.#fetch(reservation, signal)
      } catch (error) {
        reservation.free()
        if (isAborted(signal)) return
        await this.#endure(error, signal)
      }
    }
  }

  async #fetch(reservation: Reservation, signal: AbortSignal): Promise<void> {
    const { stream, shardId, keepsBase64 } = this.#options
    const iterator = await this.#readyIterator(signal)
    if (iterator === undefined) {
      this.#end([], [], reservation)
      return
    }
    this.#pace.called()
    const answer = await stream.records(iterator, this.#size.limit, signal)
    if (signal.aborted) {
      reservation.free()
      return
    }
    this.#succeeded()
    await this.#take(readAnswer(shardId, answer, keepsBase64), reservation)
  }

  /** One with which to call now: it is this shard's turn. Undefined when the position is the shard's end. */
  async #readyIterator(signal: AbortSignal): Promise<string | undefined> {
    const { gate, clock } = this.#options
    const iterator = this.#iterator ?? (await this.#open(signal))
    if (gate === undefined || iterator === undefined) return iterator
    const sinceMs = clock.monotonic()
    this.#isQueueing = true
    await gate.pass(signal)
    this.#isQueueing = false
    this.#progressAtMs = clock.monotonic()
    // With many shards and few calls the turn may come when the iterator has expired, each time anew.
    return clock.monotonic() - sinceMs < iteratorRestMs ? iterator : this.#open(signal)
  }

  /** A new iterator after what was delivered; undefined when the position is the shard's end. */
  async #open(signal: AbortSignal): Promise<string | undefined> {
    const { stream, shardId, retentionMs } = this.#options
    const start = iteratorStart(this.#position)
    if (start === undefined) return undefined
    this.#tellGap(this.#freshness.expired(retentionMs))
    this.counters.add('iterators')
    try {
      this.#iterator = await stream.iterator(shardId, start, signal)
    } catch (error) {
      if (kinesisFault(error) === 'at-end') return undefined
      throw error
    }
    return this.#iterator
  }

  async #take(answer: Answer, reservation: Reservation): Promise<void> {
    const { records, bytes, heldBytes, countedBytes, behindMs, nextIterator, children } = answer
    const last = records.at(-1)
    const caughtUp = behindMs === 0
    this.#freshness.answered(behindMs, last?.arrivedMs)
    this.#size.learn(heldBytes, records.length, caughtUp)
    this.#pace.answered(countedBytes, records.length, caughtUp)
    this.counters.add('calls')
    this.counters.add('records', records.length)
    this.counters.add('bytes', bytes)
    reservation.resize(heldBytes)

    this.#iterator = nextIterator
    if (last !== undefined) {
      this.#position = { kind: 'after', sequenceNumber: last.sequenceNumber, arrivedMs: last.arrivedMs }
    }
    if (nextIterator === undefined) {
      // Records go out before the question, so that they are not fetched twice when it fails.
      if (children.length > 0 || records.length === 0) await this.#endOrGoOn(records, children, reservation)
      else this.#send(records, reservation)
    } else if (records.length > 0) this.#send(records, reservation)
    else reservation.free()
  }

  /**
   * No next iterator is the end when the answer names children or the listing agrees; a shard which is still open
   * (an emulator, a deletion under way) is opened again after its last record.
   */
  async #endOrGoOn(
    records: readonly KinesisRecord[],
    children: readonly ChildShard[],
    reservation: Reservation,
  ): Promise<void> {
    if (children.length > 0 || (await this.#options.lookUp()) !== 'open') {
      this.#end(records, children, reservation)
      return
    }
    reservation.free()
    this.counters.add('reopened')
  }

  #end(records: readonly KinesisRecord[], children: readonly ChildShard[], reservation: Reservation): void {
    if (records.length === 0) reservation.resize(0)
    if (this.#reported) this.#options.recovered()
    this.#phase = 'closed'
    this.#position = { kind: 'end' }
    this.#send(records, reservation, { children })
  }

  #send(records: readonly KinesisRecord[], reservation: Reservation, end?: ShardBatch['end']): void {
    const held = this.#inFlight.send(reservation)
    this.#options.deliver({ records, position: this.#position, reservation: held, ...(end && { end }) })
  }

  /** Waits an error out as its meaning demands. */
  async #endure(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const fault = kinesisFault(error)
    const wait = (ms: number): Promise<void> => clock.sleep(ms, signal)
    this.counters.add(fault === 'throttled' ? 'throttled' : 'errors')
    switch (fault) {
      case 'expired-iterator':
        this.counters.add('expired_iterators')
        this.#iterator = undefined
        return
      case 'bad-iterator':
        this.#iterator = undefined
        this.#badIterators += 1
        if (this.#badIterators > 1) await this.#fail(fault, error, signal)
        return
      case 'throttled':
        this.#phase = 'throttled'
        this.#pace.throttled()
        return
      case 'at-end':
        this.#iterator = undefined
        this.#position = { kind: 'end' }
        return
      case 'too-old':
        this.#tellGap(this.#freshness.lost(this.#options.retentionMs))
        this.#iterator = undefined
        this.#position = { kind: 'horizon' }
        return
      case 'wrong-shard':
        this.#phase = 'stopped'
        this.#report(fault, error)
        return
      case 'gone':
        await this.#missing(error, signal)
        return
      case 'future':
        // Our clock was ahead when the start was chosen; the service's gets there by itself.
        if (this.#failures.failures > 10) this.#report(fault, error)
        this.#failures.next()
        await wait(1000)
        return
      case 'foreign-stream':
      case 'denied':
      case 'key':
      case 'credentials':
      case 'refused':
        await this.#fail(fault, error, signal)
        return
      case 'aborted':
      case 'expired-token':
      case 'transient':
        // The iterator stays valid.
        if (this.#failures.failures >= 3) this.#report('transient', error)
        this.#phase = this.#failures.failures >= 3 ? 'failing' : this.#phase
        await wait(this.#failures.next())
        return
    }
  }

  /** The service knows no such shard: either it has aged out, or the whole stream is gone, which is no shard's end. */
  async #missing(error: unknown, signal: AbortSignal): Promise<void> {
    const { lookUp, retentionMs } = this.#options
    this.#iterator = undefined
    let listed: 'open' | 'closed' | 'unlisted'
    try {
      listed = await lookUp()
    } catch {
      await this.#fail('gone', error, signal)
      return
    }
    if (listed !== 'unlisted') {
      await this.#fail('gone', error, signal)
      return
    }
    this.#tellGap(this.#freshness.lost(retentionMs))
    this.#position = { kind: 'end' }
  }

  async #fail(fault: KinesisFault, error: unknown, signal: AbortSignal): Promise<void> {
    this.#phase = 'failing'
    this.#report(fault, error)
    const { slowRetryMs = defaultSlowRetryMs } = this.#options
    await this.#options.clock.sleep(slowRetryMs * (0.5 + this.#options.random() / 2), signal)
  }

  #report(fault: KinesisFault, error: unknown): void {
    this.#reported = true
    this.#options.report(fault, error)
  }

  #tellGap(gap: Gap | undefined): void {
    if (gap !== undefined) this.#options.gap(gap)
  }

  #succeeded(): void {
    if (this.#reported) this.#options.recovered()
    this.#reported = false
    this.#phase = 'reading'
    this.#badIterators = 0
    this.#failures.reset()
  }
}

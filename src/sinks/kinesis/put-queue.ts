import type { KinesisInlet, PutResult } from '../../clients/kinesis-inlet.ts'
import { type KinesisFault, kinesisFault } from '../../clients/kinesis-errors.ts'
import { kinesisAdvice } from '../../clients/kinesis-advice.ts'
import { Backoff, type Random } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'
import { Deferred } from '../deferred.ts'
import { payloadUnitBytes, type PutLimits } from './limits.ts'
import type { PackedRecord } from './packing.ts'
import type { PutFaultLog } from './put-fault-log.ts'
import { nextRound, type PutRound, type WaitingRecord } from './put-round.ts'
import type { PutStatistics } from './put-statistics.ts'
import type { RecordTarget } from './record-target.ts'
import { RequestSize } from './request-size.ts'
import type { ShardMap } from './shard-map.ts'

export interface PutQueueOptions {
  readonly inlet: KinesisInlet
  readonly streamName: string
  readonly shards: ShardMap
  readonly limits: PutLimits
  readonly clock: Clock
  readonly statistics: PutStatistics
  readonly faults: PutFaultLog
  readonly target: RecordTarget
  /** Before some of so many bytes of records are gone nothing more is packed. */
  readonly highWaterBytes: number
  /** Requests at the same time. */
  readonly maxParallel: number
  /** How long refusals which waiting does not mend are met with patience, in milliseconds. */
  readonly giveUpMs: number
  /** A record came to a shard nobody knew of: the listing is old. */
  readonly onUnknownShard: () => void
  readonly random?: Random | undefined
}

/** Before some are gone nothing more is packed: later packing makes better records. */
const highWaterRecords = 5000

/**
 * Puts records until Kinesis has them, however long it throttles. A record which failed is put again, and it alone;
 * its shard rests meanwhile. When whole requests fail everything rests, longer each time.
 */
export class PutQueue {
  readonly #options: PutQueueOptions
  readonly #queue: WaitingRecord[] = []
  readonly #busyChains = new Set<string>()
  readonly #backoff: Backoff
  readonly #requestSize: RequestSize
  #restsUntilMs = 0
  #refusedSinceMs: number | undefined
  #rounds = 0
  #inFlight = 0
  #waitingBytes = 0
  #waitingRecords = 0
  #wake = new AbortController()
  #roomy = new Deferred()
  #failure: Error | undefined

  constructor(options: PutQueueOptions) {
    const { random, limits } = options
    this.#options = options
    this.#requestSize = new RequestSize(limits.maxRequestBytes)
    this.#backoff = new Backoff({ baseMs: 250, maxMs: 30_000, ...(random !== undefined && { random }) })
  }

  /** Whether another batch may be packed. */
  get hasRoom(): boolean {
    return this.#waitingBytes < this.#options.highWaterBytes && this.#waitingRecords < highWaterRecords
  }

  /** Resolves when there may be room again. */
  get roomy(): Promise<void> {
    return this.#roomy.promise
  }

  put(record: PackedRecord, delivered: () => void): void {
    this.#waitingBytes += record.bytes
    this.#waitingRecords += 1
    this.#queue.push({ record, delivered })
    this.#wake.abort()
  }

  /** Runs until the signal aborts; rejects with `SENDER_FAILED` when it has given up. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, maxParallel } = this.#options
    while (!signal.aborted) {
      if (this.#failure !== undefined) throw this.#failure
      // Before the queue is looked at: what comes in meanwhile must not be slept over.
      this.#wake = new AbortController()
      // Looked at once for both: a rest which ended in between would be slept over.
      const nowMs = clock.monotonic()
      if (this.#inFlight < maxParallel && this.#startOne(nowMs, signal)) continue
      await clock.sleep(this.#idleMs(nowMs), AbortSignal.any([signal, this.#wake.signal]))
    }
  }

  #startOne(nowMs: number, signal: AbortSignal): boolean {
    const { shards, limits } = this.#options
    if (this.#queue.length === 0 || this.#restsUntilMs > nowMs) return false
    const round = nextRound(this.#queue, shards, {
      limits,
      maxRequestBytes: this.#requestSize.maxBytes,
      nowMs,
      number: (this.#rounds += 1),
      isBusy: (chain) => this.#busyChains.has(chain),
    })
    if (round.entries.length === 0) return false
    void this.#put(round, signal)
    return true
  }

  /** Until a rest is over; what else may happen wakes. */
  #idleMs(nowMs: number): number {
    const { shards, maxParallel } = this.#options
    if (this.#queue.length === 0 || this.#inFlight >= maxParallel) return longestSleepMs
    if (this.#restsUntilMs > nowMs) return this.#restsUntilMs - nowMs
    const rests = shards.shards.map(({ restsUntilMs }) => restsUntilMs).filter((untilMs) => untilMs > nowMs)
    // Not everything wakes: a new listing may have brought shards which do not rest.
    return Math.min(lookAgainMs, ...rests.map((untilMs) => untilMs - nowMs))
  }

  /** Never rejects. */
  async #put(round: PutRound, signal: AbortSignal): Promise<void> {
    const { inlet, clock, statistics } = this.#options
    const records = round.entries.map(({ waiting }) => waiting.record)
    for (const { chain } of records) if (chain !== undefined) this.#busyChains.add(chain)
    this.#inFlight += 1
    const startedMs = clock.monotonic()
    try {
      const entries = round.entries.map(({ waiting: { record }, shard }) => ({
        data: record.data,
        partitionKey: record.partitionKey,
        // A chain's shard has to follow from its key, for every sender of the same chain alike.
        explicitHashKey: record.chain === undefined ? shard.hashKey : undefined,
      }))
      const results = await inlet.put(entries, signal)
      this.#answered(round, results)
    } catch (error) {
      this.#failed(round, error, signal)
    } finally {
      this.#inFlight -= 1
      for (const { chain } of records) if (chain !== undefined) this.#busyChains.delete(chain)
      statistics.add('flushes')
      statistics.took(clock.monotonic() - startedMs)
      this.#wake.abort()
      if (this.hasRoom) {
        this.#roomy.resolve()
        this.#roomy = new Deferred()
      }
    }
  }

  #answered(round: PutRound, results: readonly PutResult[]): void {
    const { shards, target, faults, onUnknownShard } = this.#options
    this.#backoff.reset()
    this.#restsUntilMs = 0
    this.#refusedSinceMs = undefined
    this.#requestSize.answered()
    faults.recovered()
    const again: WaitingRecord[] = []
    let throttled = 0
    for (const [i, { waiting, shard }] of round.entries.entries()) {
      const result = results[i]
      if (result?.errorCode === undefined) {
        if (result !== undefined && shards.isKnown && !shards.has(result.shardId)) onUnknownShard()
        this.#delivered(waiting)
        continue
      }
      again.push(waiting)
      if (this.#refusedEntry(result.errorCode, result.message)) throttled += 1
      shards.refused(shard)
    }
    const refused = new Set(again)
    for (const { waiting, shard } of round.entries) if (!refused.has(waiting)) shards.accepted(shard)
    this.#queue.unshift(...again)
    target.observe({ records: round.entries.length - again.length, throttled })
  }

  /** Whether it was throttled. */
  #refusedEntry(code: string, message: string): boolean {
    const { statistics, faults } = this.#options
    const isThrottled = code === 'ProvisionedThroughputExceededException'
    statistics.add(isThrottled ? 'throughputExceeded' : 'otherPutErrors')
    faults.entryRefused(code, message)
    return isThrottled
  }

  #delivered({ record, delivered }: WaitingRecord): void {
    const { statistics } = this.#options
    this.#waitingBytes -= record.bytes
    this.#waitingRecords -= 1
    statistics.add('recordsDelivered')
    statistics.add('eventsDelivered', record.events)
    statistics.add('bytesDelivered', record.bytes)
    statistics.add('payloadUnits', Math.ceil(record.bytes / payloadUnitBytes))
    delivered()
  }

  /** The whole request failed, or nobody knows: a time-out may have stored it, which its batch id tells a reader. */
  #failed(round: PutRound, error: unknown, signal: AbortSignal): void {
    const { clock, statistics, faults, streamName, giveUpMs } = this.#options
    this.#queue.unshift(...round.entries.map(({ waiting }) => waiting))
    if (signal.aborted) return
    const fault = kinesisFault(error)
    statistics.add('hardErrors')
    if (fault === 'refused' && this.#requestSize.refused(round.bytes)) return
    if (fault === 'transient') this.#requestSize.lost(round.bytes)
    faults.requestFailed(fault, error)
    const nowMs = clock.monotonic()
    // Several requests under way fail together: that is one failure.
    if (this.#restsUntilMs <= nowMs) this.#restsUntilMs = nowMs + this.#backoff.next()
    if (waitingHelps(fault)) {
      this.#refusedSinceMs = undefined
      return
    }
    this.#refusedSinceMs ??= nowMs
    if (nowMs - this.#refusedSinceMs < giveUpMs) return
    const advice = kinesisAdvice(fault, error, streamName, 'put')
    this.#failure = new KinloaderError('SENDER_FAILED', `${advice.slice(0, 1).toUpperCase()}${advice.slice(1)}.`, {
      cause: error,
    })
  }
}

/** One hour: something always happens earlier. */
const longestSleepMs = 3_600_000

/** While there is something to be put. */
const lookAgainMs = 1000

function waitingHelps(fault: KinesisFault): boolean {
  return fault === 'throttled' || fault === 'transient' || fault === 'aborted'
}

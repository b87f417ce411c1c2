import type { ChildShard, Shard } from '@aws-sdk/client-kinesis'
import { kinesisFault } from '../../clients/kinesis-errors.ts'
import type { KinesisStream, StreamSummary } from '../../clients/kinesis-stream.ts'
import { isAborted } from '../../core/aborting.ts'
import type { Random } from '../../core/backoff.ts'
import type { Budget } from '../../core/budget.ts'
import type { Checkpointer } from '../../core/checkpointer.ts'
import type { Clock } from '../../core/clock.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Counters } from '../../core/metrics.ts'
import type { RateGate } from '../../core/rate-gate.ts'
import type { Delivery, LaneStatus } from '../../core/source.ts'
import { Watermark } from '../../core/watermark.ts'
import type { Beginning } from './begin.ts'
import { Departures } from './departures.ts'
import type { FaultLog } from './fault-log.ts'
import { LagWatch } from './lag-watch.ts'
import { Lineage } from './lineage.ts'
import { isSameStream, type Origin } from './origin.ts'
import type { ReadLimits } from './pace.ts'
import { formatPosition, type ShardPosition } from './position.ts'
import type { KinesisRecord } from './record.ts'
import { childShard, listedShard, type ShardInfo } from './shard-info.ts'
import { ShardReader, type ShardBatch } from './shard.ts'

export interface StreamReadingOptions {
  readonly stream: KinesisStream
  readonly checkpointer: Checkpointer
  readonly budget: Budget
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly faults: FaultLog
  readonly limits: ReadLimits
  /** Passed before each call for records, by all shards. */
  readonly gate?: RateGate | undefined
  /** These three: see `ShardReaderOptions`. */
  readonly fetchBytes?: number | undefined
  readonly keepsBase64?: boolean | undefined
  readonly slowRetryMs?: number | undefined
  readonly heldBackBy: string
  /** Between two listings of the shards, in milliseconds; each shard's end asks for one at once. */
  readonly refreshMs: number
  /** A shard without any answer for this long is given up and read anew from where it stood, in milliseconds. */
  readonly watchdogMs: number
  readonly deliver: (delivery: Delivery<KinesisRecord>) => void
}

interface Reading {
  readonly reader: ShardReader
  readonly stop: AbortController
}

/**
 * Reads all shards of one stream, parents before children, from its beginning until the signal aborts or the stream
 * turns out to be another one.
 *
 * Children come from a parent's last answer at once, and from a listing every minute and at every shard's end as the
 * safety net. A child whose second parent nobody has heard of yet waits for the listing: it cannot be known here
 * whether that parent is done or has not been found.
 */
export class StreamReading {
  readonly #options: StreamReadingOptions
  readonly #origin: Origin
  readonly #positions: Map<string, ShardPosition>
  readonly #lineage = new Lineage()
  readonly #readings = new Map<string, Reading>()
  readonly #watermarks = new Map<string, Watermark<ShardPosition>>()
  readonly #departures = new Departures()
  readonly #lag: LagWatch
  #summary: StreamSummary
  #refreshing: Promise<readonly Shard[]> | undefined
  #ended = false
  #wake: () => void = () => {}
  #refreshWanted = true
  #listings = 0
  /** Of the first listing. */
  #firstShards: readonly string[] | undefined
  /** Of the run: what is started in the middle of a caller's request must not end with that caller. */
  #signal = AbortSignal.abort()

  constructor(options: StreamReadingOptions, beginning: Beginning) {
    this.#options = options
    this.#lag = new LagWatch(options.logger)
    this.#origin = beginning.origin
    this.#summary = beginning.summary
    this.#positions = new Map(beginning.positions)
  }

  get retentionMs(): number {
    return this.#summary.retentionMs
  }

  /** Resolves when the signal aborts or the stream is no longer the one it began with. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, refreshMs } = this.#options
    const over = new AbortController()
    const stop = AbortSignal.any([signal, over.signal])
    this.#signal = stop
    let refreshedAtMs = Number.NEGATIVE_INFINITY
    let everyMs = refreshMs
    while (!stop.aborted) {
      if (this.#refreshWanted || clock.monotonic() - refreshedAtMs >= everyMs) {
        this.#refreshWanted = false
        refreshedAtMs = clock.monotonic()
        // Many inputs which started together shall not list together for ever.
        everyMs = refreshMs * (0.75 + random() / 2)
        try {
          await this.#refresh()
        } catch (error) {
          if (isRecreated(error)) over.abort()
          else if (!isAborted(stop)) await this.#refreshFailed(error, stop)
        }
      }
      this.#startReady()
      this.#watch()
      await this.#pause(Math.min(10_000, refreshMs), stop)
    }
    // What is still on its way belongs to a stream which is no more: its acks must not reach the new one's positions.
    this.#ended = over.signal.aborted
  }

  /**
   * Whether every shard of the first listing was delivered up to that moment of the monotonic clock, or to its end.
   * Shards which came later hold later records only: their parents ended after the listing.
   */
  isReadUntil(monotonicMs: number): boolean {
    const isRead = (shardId: string): boolean => {
      if (!this.#lineage.has(shardId) || this.#lineage.isDrained(shardId)) return true
      const reader = this.#readings.get(shardId)?.reader
      return reader?.state === 'closed' || (reader?.completeAtMs ?? Number.NEGATIVE_INFINITY) >= monotonicMs
    }
    return this.#firstShards?.every(isRead) ?? false
  }

  status(): readonly LaneStatus[] {
    return this.#lineage.shardIds().map((shardId) => {
      const reader = this.#readings.get(shardId)?.reader
      const parents = this.#lineage.unfinishedParents(shardId)
      const position = this.#positions.get(shardId)
      return {
        lane: shardId,
        state: reader?.state ?? (parents.length > 0 ? `waiting for parent ${parents.join(' and ')}` : 'closed'),
        position: position === undefined ? '' : formatPosition(position),
        lagMs: reader === undefined ? (this.#lineage.isDrained(shardId) ? 0 : undefined) : reader.lagMs,
        counters: reader?.counters.snapshot() ?? {},
      }
    })
  }

  /** Lists the shards and checks that the stream is still the same. Callers who ask together share one listing. */
  #refresh(): Promise<readonly Shard[]> {
    this.#refreshing ??= this.#list(this.#signal).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #list(signal: AbortSignal): Promise<readonly Shard[]> {
    const { stream, faults } = this.#options
    // The first listing follows the beginning's own description: inputs which start together share 20 calls a second.
    if (this.#listings > 0) {
      const summary = await stream.describe(signal)
      if (!isSameStream(this.#origin, summary)) {
        throw new KinloaderError('STREAM_RECREATED', 'the stream was created anew')
      }
      this.#summary = summary
    }
    const shards = await stream.shards(undefined, signal)
    this.#listings += 1
    faults.recovered()
    this.#lineage.add(shards.map(listedShard))
    this.#firstShards ??= this.#lineage.shardIds()
    this.#forgetDeparted(new Set(shards.map((shard) => shard.ShardId ?? '')))
    this.#startReady()
    return shards
  }

  async #refreshFailed(error: unknown, signal: AbortSignal): Promise<void> {
    const fault = kinesisFault(error)
    if (fault !== 'throttled') this.#options.faults.report(fault, error)
    this.#refreshWanted = true
    await this.#options.clock.sleep(1000 + this.#options.random() * 4000, signal)
  }

  /**
   * A shard which has left the listing has left the retention. Its tombstone is removed only now: removed with its
   * children's start, a restart would read it again.
   */
  #forgetDeparted(listed: ReadonlySet<string>): void {
    const known = new Set([...this.#lineage.shardIds(), ...this.#positions.keys()])
    const idle = [...known].filter((shardId) => !this.#isReading(shardId))
    for (const shardId of this.#departures.departed(idle, listed)) this.#forget(shardId)
    // Whoever waits for one of these shall not wait for the next regular listing.
    this.#refreshWanted ||= [...this.#departures.suspects].some((shardId) => this.#lineage.isWaiting(shardId))
  }

  #forget(shardId: string): void {
    const { checkpointer, logger } = this.#options
    const position = this.#positions.get(shardId)
    if (position !== undefined && position.kind !== 'end' && !this.#lineage.isDrained(shardId)) {
      logger.error('expired', {
        shard: shardId,
        error: 'the shard left the stream before it was read to its end; reading goes on with its descendants',
        position: formatPosition(position),
      })
    }
    if (position !== undefined) checkpointer.set(shardId, null)
    this.#positions.delete(shardId)
    this.#lineage.remove(shardId)
    this.#readings.delete(shardId)
    this.#watermarks.delete(shardId)
    this.#lag.forget(shardId)
  }

  #isReading(shardId: string): boolean {
    return this.#readings.has(shardId) && !this.#lineage.isDrained(shardId)
  }

  #startReady(): void {
    for (let ready = this.#lineage.takeReady(); ready.length > 0; ready = this.#lineage.takeReady()) {
      for (const info of ready) this.#start(info)
    }
  }

  #start(info: ShardInfo): void {
    const { shardId } = info
    const from = this.#positions.get(shardId) ?? this.#newcomer(info)
    const isLast = from.kind === 'after' && from.sequenceNumber === info.endingSequenceNumber
    if (from.kind === 'end' || isLast) {
      if (isLast) this.#advance(shardId, { kind: 'end' })
      this.#lineage.drain(shardId)
      return
    }
    this.#positions.set(shardId, from)
    this.#read(shardId, from)
  }

  /** A child of something read begins at its first record; anything else where this reader once began. */
  #newcomer(info: ShardInfo): ShardPosition {
    const isChild = info.parentIds.some((parentId) => this.#positions.has(parentId))
    return isChild ? { kind: 'horizon' } : this.#origin.start
  }

  #read(shardId: string, from: ShardPosition, counters?: Counters): void {
    const { stream, budget, clock, random, limits, gate, fetchBytes, keepsBase64, slowRetryMs } = this.#options
    const { heldBackBy, faults, logger } = this.#options
    const stop = new AbortController()
    const reader = new ShardReader({
      shardId,
      from,
      ...(counters && { counters }),
      stream,
      budget,
      clock,
      random,
      limits,
      gate,
      fetchBytes,
      keepsBase64,
      slowRetryMs,
      heldBackBy,
      retentionMs: this.#summary.retentionMs,
      deliver: (batch) => {
        if (!stop.signal.aborted) this.#deliver(shardId, batch)
        else batch.reservation.free()
      },
      lookUp: async () => {
        const shard = (await this.#refresh()).find((listed) => listed.ShardId === shardId)
        if (shard === undefined) return 'unlisted'
        return shard.SequenceNumberRange?.EndingSequenceNumber === undefined ? 'open' : 'closed'
      },
      report: (fault, error) => {
        faults.report(fault, error, shardId)
        if (fault === 'foreign-stream' || fault === 'gone') this.#wantRefresh()
      },
      recovered: () => {
        faults.recovered(shardId)
      },
      gap: ({ fromMs, toMs }) => {
        logger.error('gap', {
          shard: shardId,
          error: 'records may have expired unread; raise the retention or the throughput',
          from: fromMs === undefined ? 'unknown' : new Date(fromMs).toISOString(),
          to: new Date(toMs).toISOString(),
        })
      },
    })
    this.#readings.set(shardId, { reader, stop })
    void reader.run(AbortSignal.any([this.#signal, stop.signal]))
  }

  #deliver(shardId: string, batch: ShardBatch): void {
    const { records, reservation, end } = batch
    const children = end?.children
    this.#options.deliver({
      lane: shardId,
      items: records,
      bytes: reservation.bytes,
      release: releasing(
        reservation,
        children &&
          (() => {
            this.#drained(shardId, children)
          }),
      ),
      ack: this.#watermark(shardId).open(batch.position),
    })
  }

  /** The last of a shard is accepted downstream: its children may be read. */
  #drained(shardId: string, children: readonly ChildShard[]): void {
    this.#lineage.drain(shardId)
    const known = children.map(childShard).filter((info) => info.parentIds.every((id) => this.#lineage.has(id)))
    this.#lineage.add(known)
    this.#startReady()
    this.#wantRefresh()
  }

  #watermark(shardId: string): Watermark<ShardPosition> {
    const known = this.#watermarks.get(shardId)
    if (known !== undefined) return known
    const watermark = new Watermark<ShardPosition>((position) => {
      this.#advance(shardId, position)
    })
    this.#watermarks.set(shardId, watermark)
    return watermark
  }

  #advance(shardId: string, position: ShardPosition): void {
    // A shard which was forgotten meanwhile needs no position any more.
    if (this.#ended || !this.#lineage.has(shardId)) return
    this.#positions.set(shardId, position)
    this.#options.checkpointer.set(shardId, formatPosition(position), { urgent: position.kind === 'end' })
  }

  /** Restarts shards which stand still, and warns of those about to lose data. */
  #watch(): void {
    const { logger, watchdogMs } = this.#options
    for (const [shardId, { reader, stop }] of this.#readings) {
      if (reader.state === 'closed' || reader.state === 'stopped') continue
      if (reader.stalledMs > watchdogMs) {
        logger.warn('watchdog', {
          shard: shardId,
          state: 'no answer, begins anew',
          stalled_ms: Math.round(reader.stalledMs),
        })
        stop.abort()
        this.#read(shardId, reader.position, reader.counters)
      }
      this.#lag.check(shardId, reader.lagMs ?? 0, this.#summary.retentionMs)
    }
  }

  #wantRefresh(): void {
    this.#refreshWanted = true
    this.#wake()
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#refreshWanted) return
    const woken = new AbortController()
    this.#wake = () => {
      woken.abort()
    }
    await this.#options.clock.sleep(ms, AbortSignal.any([signal, woken.signal]))
  }
}

/** Made apart from the delivery, so that the ack's closure shares no scope with the records. */
function releasing(reservation: { free(): void }, last: (() => void) | undefined): () => void {
  return () => {
    reservation.free()
    last?.()
  }
}

function isRecreated(error: unknown): boolean {
  return error instanceof KinloaderError && error.code === 'STREAM_RECREATED'
}

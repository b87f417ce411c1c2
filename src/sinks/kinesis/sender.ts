import { randomBytes } from 'node:crypto'
import type { KinesisInlet } from '../../clients/kinesis-inlet.ts'
import { isAborted } from '../../core/aborting.ts'
import type { Random } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'
import type { LogEvent } from '../../core/event.ts'
import type { Logger } from '../../core/logger.ts'
import type { Receipt, Sink } from '../../core/sink.ts'
import { onAbort, settledOrAborted } from '../deferred.ts'
import { BatchIds } from './batch-ids.ts'
import { BlockIds } from './block-ids.ts'
import { heldBytesOf, lineOf } from './event-batch.ts'
import type { CollectedBatch } from './collected-batch.ts'
import { Intake } from './intake.ts'
import { awsPutLimits, type PutLimits } from './limits.ts'
import { checkSendingOptions, type SendingOptions } from './sending-options.ts'
import { Packer } from './packer.ts'
import { Packing } from './packing.ts'
import { SpooledBatches } from './spooled-batches.ts'
import type { Spool } from '../spooling/spool.ts'
import { PutFaultLog } from './put-fault-log.ts'
import { PutQueue } from './put-queue.ts'
import { PutStatistics, type SenderStatistics } from './put-statistics.ts'
import { RecordTarget } from './record-target.ts'
import { ShardListing } from './shard-listing.ts'
import { ShardMap } from './shard-map.ts'

export interface KinesisSenderOptions extends SendingOptions {
  readonly inlet: KinesisInlet
  /** For messages. */
  readonly streamName: string
  readonly clock: Clock
  readonly logger: Logger
  /** Events are on disk there before they count as taken. The sender closes it. */
  readonly spool?: Spool | undefined
  /** Default: AWS's. */
  readonly limits?: PutLimits
  /** Default zlib's, in its threads. */
  readonly compress?: (text: Buffer) => Promise<Uint8Array>
  readonly random?: Random
}

/** What a sender had not delivered when it was asked. */
export interface Undelivered {
  readonly events: number
  /** What they take in memory. */
  readonly bytes: number
}

/**
 * Sends events to a Kinesis stream as log records: collected for a moment, packed by metadata, spread over the open
 * shards, put again until Kinesis has them.
 *
 * A write is taken at once below `maxPendingBytes`, and waits above. Taken is not delivered: a receipt, `flush` and
 * `close` tell.
 */
export class KinesisSender implements Sink<LogEvent> {
  readonly name = 'kinesis'
  readonly #options: KinesisSenderOptions
  readonly #statistics = new PutStatistics()
  readonly #shards: ShardMap
  readonly #target: RecordTarget
  readonly #packing: Packing
  readonly #intake: Intake
  readonly #queue: PutQueue
  readonly #packer: Packer
  readonly #listing: ShardListing
  readonly #faults: PutFaultLog
  readonly #stop = new AbortController()
  /** Resolves with the reason when the sender has given up: nothing is sent or taken any more. */
  readonly failed: Promise<Error>
  #giveUp: (reason: Error) => void = () => {}
  readonly #spooled: SpooledBatches | undefined
  /** The writes of `write`, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #hole: Error | undefined
  #closing: Promise<Undelivered> | undefined
  readonly #deadline = new AbortController()

  constructor(options: KinesisSenderOptions) {
    const { inlet, streamName, clock, logger, limits = awsPutLimits, random, compress } = options
    const { flushIntervalMs = 1000, maxParallelFlushes = 3, maxPendingBytes = 32 * 1024 * 1024 } = options
    checkSendingOptions(options)
    this.#options = options
    this.failed = new Promise((resolve) => {
      this.#giveUp = resolve
    })
    this.#shards = new ShardMap({ clock, limits, random })
    this.#target = new RecordTarget({ clock, limits, shards: () => this.#shards.shards.length })
    this.#spooled = options.spool === undefined ? undefined : new SpooledBatches(options.spool, clock, logger)
    const ids = new BatchIds(clock.now())
    const blockIds = new BlockIds()
    this.#packing = new Packing({
      encId: randomBytes(8).readBigUInt64BE() >> 1n,
      maxRecordBytes: limits.maxRecordBytes,
      nextBlockId: (metadata) => blockIds.next(metadata),
      ...(compress !== undefined && { compress }),
    })
    this.#intake = new Intake({
      clock,
      maxBytes: maxPendingBytes,
      flushIntervalMs: () => flushIntervalMs * this.#target.patience,
      nextId: () => ids.next(),
      spooled: this.#spooled,
      onLost: (events) => {
        this.#statistics.add('eventsLost', events)
      },
    })
    this.#faults = new PutFaultLog(logger, clock, streamName)
    this.#listing = new ShardListing({ inlet, shards: this.#shards, clock, logger, streamName, random })
    this.#queue = new PutQueue({
      inlet,
      streamName,
      shards: this.#shards,
      limits,
      clock,
      statistics: this.#statistics,
      faults: this.#faults,
      target: this.#target,
      highWaterBytes: Math.min(mostWaitingBytes, maxPendingBytes / 2),
      maxParallel: maxParallelFlushes,
      giveUpMs: options.giveUpMs ?? Infinity,
      onUnknownShard: () => {
        this.#listing.refresh()
      },
      random,
    })
    this.#packer = new Packer({
      intake: this.#intake,
      packing: this.#packing,
      queue: this.#queue,
      target: this.#target,
      ids,
      statistics: this.#statistics,
      spooled: this.#spooled,
    })
  }

  /** Begins to send; until then events are only collected. */
  start(): void {
    const { signal } = this.#stop
    const failed = (error: unknown): void => {
      if (isAborted(signal)) return
      const reason = error instanceof Error ? error : new Error(errorText(error))
      this.#stop.abort()
      this.#intake.abandon(reason)
      this.#giveUp(reason)
    }
    this.#listing.run(signal).catch(failed)
    this.#queue.run(signal).catch(failed)
    this.#packer.run(signal).catch(failed)
  }

  /**
   * Takes one event. Resolves when it is taken; rejects with `EVENT_TOO_LARGE`, `BAD_EVENT`, `QUEUE_FULL`, `CLOSED`, or
   * `SENDER_FAILED`, and the event is not taken then.
   */
  send(event: LogEvent): Promise<void> {
    return this.#send(event, false)
  }

  #send(event: LogEvent, isOneAtATime: boolean): Promise<void> {
    let line: string
    try {
      line = lineOf(event)
    } catch (cause) {
      // Not all callers have a compiler, and a promise which throws is expected by nobody.
      const advice = 'An event needs a message of text or bytes, and a time of seconds and nanoseconds if it has one.'
      return this.#drop(new KinloaderError('BAD_EVENT', advice, { cause }))
    }
    const problem = this.#problemWith(event, line)
    if (problem !== undefined) return this.#drop(problem)
    const { whenFull = 'wait' } = this.#options
    const hasRoom = this.#intake.hasRoomFor(heldBytesOf(event, line))
    if (hasRoom && this.#spooled === undefined) {
      this.#intake.take(event, line)
      this.#statistics.add('entries')
      return taken
    }
    if (!hasRoom && whenFull === 'drop') {
      this.#dropped(fullText)
      return taken
    }
    return this.#intake.takeLater(event, line, { isPatient: whenFull === 'wait', isOneAtATime }).then(
      () => {
        this.#statistics.add('entries')
      },
      (error: unknown) => {
        if (errorCode(error) !== 'SPOOL_FULL') return this.#drop(error)
        this.#dropped(errorText(error))
        return undefined
      },
    )
  }

  /**
   * As `send`, for those who cannot do anything about an event which does not fit: it is dropped, counted and told. They
   * wait for it before the next, so the queue is not too full for them.
   */
  async sendOrDrop(event: LogEvent): Promise<void> {
    try {
      await this.#send(event, true)
    } catch (error) {
      if (errorCode(error) !== 'EVENT_TOO_LARGE') throw error
      this.#faults.eventDropped(this.#statistics.count('droppedWrites'), errorText(error))
    }
  }

  /** As the contract says: an event which cannot be taken ends it, and the receipt is for all events of the call. */
  async write(items: readonly LogEvent[], signal: AbortSignal): Promise<Receipt> {
    // Who gives up while others are before it must not have to wait for them.
    const mine = settledOrAborted(this.#turn, signal).then(() => this.#writeAll(items, signal))
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  /** Sends what is collected; resolves when what was taken before is delivered, or the deadline aborts. */
  async flush(deadline: AbortSignal): Promise<void> {
    await settledOrAborted(this.#intake.flush(), deadline)
  }

  /** Takes nothing more, sends what is there, and ends. Twice is fine. */
  async close(deadline: AbortSignal): Promise<void> {
    await this.end(deadline)
  }

  /** As `close`; resolves with what was not delivered by the deadline, the earliest one when it is called again. */
  async end(deadline: AbortSignal): Promise<Undelivered> {
    const forget = onAbort(deadline, () => {
      this.#deadline.abort()
    })
    this.#closing ??= this.#end(this.#deadline.signal)
    try {
      return await this.#closing
    } finally {
      forget()
    }
  }

  get pending(): Undelivered {
    return this.#intake.pending
  }

  statistics(): SenderStatistics {
    return this.#statistics.snapshot(this.#intake.pending)
  }

  async #end(deadline: AbortSignal): Promise<Undelivered> {
    const closed = new KinloaderError('CLOSED', 'The log sender is closed: write before it is.')
    this.#intake.end(closed)
    await this.flush(deadline)
    this.#stop.abort()
    const left = this.#intake.pending
    this.#intake.abandon(
      new KinloaderError('NOT_SETTLED', 'The log sender was closed before Kinesis took the event: give it more time.'),
    )
    await this.#spooled?.close()
    return left
  }

  async #writeAll(items: readonly LogEvent[], signal: AbortSignal): Promise<Receipt> {
    if (this.#hole !== undefined) throw this.#hole
    const batches = new Set<CollectedBatch>()
    try {
      if (signal.aborted) throw new KinloaderError('ABORTED', 'The write was given up.')
      for (const event of items) {
        const line = lineOf(event)
        const problem = this.#problemWith(event, line)
        if (problem !== undefined) throw problem
        const batch =
          this.#spooled === undefined && this.#intake.hasRoomFor(heldBytesOf(event, line))
            ? this.#intake.take(event, line)
            : await this.#intake.takeLater(event, line, { isPatient: true, signal })
        this.#statistics.add('entries')
        batches.add(batch)
      }
    } catch (error) {
      this.#hole = error instanceof Error ? error : new Error(errorText(error))
      throw this.#hole
    }
    const safe = Promise.all([...batches].map(({ delivered }) => delivered.promise)).then(() => undefined)
    safe.catch(() => undefined)
    return { safe }
  }

  #problemWith(event: LogEvent, line: string): Error | undefined {
    if (this.#intake.ended !== undefined) return this.#intake.ended
    if (this.#packing.fits(event, line)) return undefined
    return new KinloaderError(
      'EVENT_TOO_LARGE',
      `An event of ${sizeOf(event)} bytes does not fit into a record of Kinesis, which takes ${(this.#options.limits ?? awsPutLimits).maxRecordBytes} bytes in base64 and gzip, metadata included: split it.`,
    )
  }

  #dropped(why: string): void {
    this.#statistics.add('droppedWrites')
    this.#faults.eventDropped(this.#statistics.count('droppedWrites'), why)
  }

  #drop(error: unknown): Promise<never> {
    this.#statistics.add('droppedWrites')
    return Promise.reject(error instanceof Error ? error : new Error(errorText(error)))
  }
}

/** Records which wait to be put: some requests' worth. */
const mostWaitingBytes = 8 * 1024 * 1024

const fullText = 'more is written than Kinesis takes; raise maxPendingBytes, add shards, or let writes wait'

/** Of message and metadata, as its user counts. */
function sizeOf(event: LogEvent): number {
  const { message } = event
  return heldBytesOf(event, '') + (typeof message === 'string' ? Buffer.byteLength(message) : message.length)
}

/** One for all writes which are taken at once. */
const taken: Promise<void> = Promise.resolve()

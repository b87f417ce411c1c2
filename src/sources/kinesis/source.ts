import type { KinesisStream } from '../../clients/kinesis-stream.ts'
import { isAborted } from '../../core/aborting.ts'
import type { Random } from '../../core/backoff.ts'
import { Budget } from '../../core/budget.ts'
import type { CheckpointStore } from '../../core/checkpoint.ts'
import { Checkpointer } from '../../core/checkpointer.ts'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { RateGate } from '../../core/rate-gate.ts'
import type { Delivery, LaneStatus, Source } from '../../core/source.ts'
import { begin } from './begin.ts'
import { FaultLog } from './fault-log.ts'
import type { InitialPosition } from './origin.ts'
import { Patience } from './patience.ts'
import { awsReadLimits, type ReadLimits } from './pace.ts'
import { Presence, presenceKey } from './presence.ts'
import { DeliveryQueue } from './queue.ts'
import type { KinesisRecord } from './record.ts'
import { StreamReading } from './stream-reading.ts'

export interface KinesisSourceOptions {
  readonly stream: KinesisStream
  /** For messages. */
  readonly streamName: string
  readonly store: CheckpointStore
  readonly clock: Clock
  readonly logger: Logger
  /** Where to begin without checkpoints. */
  readonly initialPosition: InitialPosition
  /** Another program's checkpoints by shard, asked for once, when our store is empty. */
  readonly importCheckpoints?: (() => Promise<ReadonlyMap<string, string>>) | undefined
  /** Between two saves, in milliseconds. Default 5,000. */
  readonly checkpointIntervalMs?: number
  /** Record bytes in memory over all shards: more would only grow old there. Default 8 MiB. */
  readonly maxBytes?: number
  /** Default: AWS's. */
  readonly limits?: ReadLimits
  /** What an answer shall hold, about, in bytes. Default 1 MiB: larger ones take memory and gain nothing. */
  readonly fetchBytes?: number | undefined
  /** Records come with their data in base64, as the wire has it. Default false. */
  readonly keepsBase64?: boolean | undefined
  /** Calls for records a second, of all shards together. Default: only each shard's own limits. */
  readonly maxCallsPerSecond?: number | undefined
  /**
   * For how long a refusal is waited out which waiting does not mend (a deleted stream, a denied access, expired
   * credentials), in milliseconds; then `read` throws `STREAM_REFUSED`. Default for ever.
   */
  readonly giveUpMs?: number | undefined
  /** Ends `read` when every shard was read up to the moment it began, parents before children. Default false. */
  readonly untilNow?: boolean | undefined
  /** Between two listings of the shards, in milliseconds. Default 60,000. */
  readonly refreshMs?: number
  /** A random wait before the first call, so that many inputs which start together do not call together. Default 1,000. */
  readonly startJitterMs?: number
  /** Milliseconds without any answer after which a shard is begun anew. Default 120,000. */
  readonly watchdogMs?: number
  /** Between two looks for a second reader, in milliseconds. Default 30,000. */
  readonly presenceMs?: number
  /** Names this process among readers of the same checkpoints; must be its own. */
  readonly readerId: string
  /** Who takes the events, for the state line. Default `downstream`. */
  readonly heldBackBy?: string
  readonly random?: Random
}

/** AWS: records can be read less than a second after they were put. */
const visibleAfterMs = 1000

/** Reads a Kinesis stream through splits and merges; a lane is a shard. */
export class KinesisSource implements Source<KinesisRecord> {
  readonly name = 'kinesis'
  readonly #options: KinesisSourceOptions
  readonly #checkpointer: Checkpointer
  readonly #queue = new DeliveryQueue<Delivery<KinesisRecord>>()
  #reading: StreamReading | undefined

  constructor(options: KinesisSourceOptions) {
    const { store, clock, logger, checkpointIntervalMs } = options
    this.#options = options
    this.#checkpointer = new Checkpointer({
      store,
      clock,
      logger,
      ...(checkpointIntervalMs !== undefined && { intervalMs: checkpointIntervalMs }),
    })
  }

  async *read(signal: AbortSignal): AsyncGenerator<Delivery<KinesisRecord>> {
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    const failed = (error: unknown): void => {
      this.#queue.fail(error)
      stop.abort()
    }
    // Not awaited at the end: a request which never settles must not keep the program.
    this.#drive(either, failed).catch(failed)
    this.#checkpointer.run(either).catch(failed)
    this.#lookAround(either).catch(failed)
    if (this.#options.untilNow === true) this.#endWhenRead(either).catch(failed)
    try {
      for (let next = await this.#queue.take(signal); next !== undefined; next = await this.#queue.take(signal)) {
        yield next
      }
    } finally {
      stop.abort()
    }
  }

  async close(deadline: AbortSignal): Promise<void> {
    try {
      await this.#checkpointer.save(deadline)
    } catch {
      // Told already, by `read`; the positions are read again after the restart.
    }
    await this.#options.store.close()
  }

  status(): readonly LaneStatus[] {
    return this.#reading?.status() ?? []
  }

  /** Milliseconds since positions were last saved; undefined before the first save. */
  get checkpointAgeMs(): number | undefined {
    return this.#checkpointer.ageMs
  }

  /** Reads one stream after the other: another one only when the first was deleted and created anew. */
  async #drive(signal: AbortSignal, failed: (error: unknown) => void): Promise<void> {
    const { streamName, giveUpMs, maxCallsPerSecond } = this.#options
    const { clock, logger, random = Math.random, startJitterMs = 1000, maxBytes = 8 * 1024 * 1024 } = this.#options
    await clock.sleep(random() * startJitterMs, signal)
    const patience = giveUpMs === undefined ? undefined : new Patience({ clock, streamName, giveUpMs, giveUp: failed })
    const faults = new FaultLog(logger, clock, streamName, patience)
    const gate = maxCallsPerSecond === undefined ? undefined : new RateGate(clock, maxCallsPerSecond)
    const budget = new Budget(maxBytes)
    while (!signal.aborted) {
      const beginning = await begin({ ...this.#options, checkpointer: this.#checkpointer, faults }, signal)
      if (beginning === undefined) return
      this.#reading = new StreamReading(
        {
          stream: this.#options.stream,
          checkpointer: this.#checkpointer,
          budget,
          clock,
          random,
          logger,
          faults,
          limits: this.#options.limits ?? awsReadLimits,
          gate,
          fetchBytes: this.#options.fetchBytes,
          keepsBase64: this.#options.keepsBase64,
          slowRetryMs: giveUpMs === undefined ? undefined : Math.min(30_000, giveUpMs / 2),
          heldBackBy: this.#options.heldBackBy ?? 'downstream',
          refreshMs: this.#options.refreshMs ?? 60_000,
          watchdogMs: this.#options.watchdogMs ?? 120_000,
          deliver: (delivery) => {
            this.#queue.push(delivery)
          },
        },
        beginning,
      )
      await this.#reading.run(signal)
    }
  }

  async #endWhenRead(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    // What was put right before may not be visible at once.
    const untilMs = clock.monotonic() + visibleAfterMs
    while (!signal.aborted) {
      await clock.sleep(100, signal)
      if (this.#reading?.isReadUntil(untilMs) === true) {
        this.#queue.end()
        return
      }
    }
  }

  /** Looks for a second reader of the same checkpoints, and tells it of this one. */
  async #lookAround(signal: AbortSignal): Promise<void> {
    const { clock, store, logger, readerId, presenceMs = 30_000 } = this.#options
    const presence = new Presence(readerId)
    let known: string | undefined
    while (!signal.aborted) {
      await clock.sleep(presenceMs, signal)
      if (isAborted(signal)) return
      try {
        const rival = presence.rival((await store.load(signal)).get(presenceKey))
        if (rival !== undefined && rival !== known) {
          logger.error('second_reader', {
            error:
              'another reader has the same stream and the same checkpoints, so every record is read twice; stop one of them or give it checkpoints of its own',
            reader: readerId,
            other: rival,
          })
        }
        known = rival ?? known
      } catch {
        // The checkpointer tells of a store which is away.
        continue
      }
      this.#checkpointer.set(presenceKey, presence.beat())
    }
  }
}

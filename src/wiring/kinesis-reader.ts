import { randomUUID } from 'node:crypto'
import type { KinesisClient } from '@aws-sdk/client-kinesis'
import { MemoryCheckpointStore } from '../checkpoints/memory.ts'
import { kinesisFault } from '../clients/kinesis-errors.ts'
import { KinesisStream, type StreamSummary } from '../clients/kinesis-stream.ts'
import { isAborted } from '../core/aborting.ts'
import { Backoff } from '../core/backoff.ts'
import type { CheckpointStore } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import { KinloaderError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Source } from '../core/source.ts'
import { surroundings } from '../host/surroundings.ts'
import { systemClock } from '../host/system-clock.ts'
import type { InitialPosition } from '../sources/kinesis/origin.ts'
import { refusal } from '../sources/kinesis/patience.ts'
import type { KinesisRecord } from '../sources/kinesis/record.ts'
import { KinesisSource } from '../sources/kinesis/source.ts'
import { connectStream } from './stream-connection.ts'

export interface KinesisReaderOptions {
  /** Name or ARN of the Kinesis data stream. */
  readonly stream: string
  /** Default: that of the ARN, else as the AWS SDK finds it. */
  readonly region?: string | undefined
  /** Instead of the public endpoint. */
  readonly endpoint?: string | undefined
  /** Instead of one made from the environment; one attempt a call is best, the reader tries again itself. */
  readonly client?: KinesisClient | undefined
  /** Where positions are kept between runs; closed with the reader. Default: in memory, for this run only. */
  readonly checkpoints?: CheckpointStore | undefined
  /** Where to begin without checkpoints. Default the tip, `{ kind: 'latest' }`. */
  readonly initialPosition?: InitialPosition | undefined
  /** Another program's checkpoints by shard, asked for once, when there are none of ours. */
  readonly importCheckpoints?: ((stream: KinesisStream) => Promise<ReadonlyMap<string, string>>) | undefined
  /** Between two saves of positions, in milliseconds. Default 5,000. */
  readonly checkpointIntervalMs?: number | undefined
  /** Calls for records a second, of all shards together. Default: as fast as AWS lets one read each shard. */
  readonly maxCallsPerSecond?: number | undefined
  /**
   * Records have `base64`, their data as it came on the wire, and decode `data` from it each time: for whoever passes
   * base64 on, or looks at few. Default false.
   */
  readonly keepsBase64?: boolean | undefined
  /** Ends when every shard was read up to the moment of the start. Default false: follows the stream. */
  readonly untilNow?: boolean | undefined
  /**
   * For how long a refusal is waited out which waiting does not mend (a deleted stream, a denied access, expired
   * credentials), in milliseconds; then reading ends with `STREAM_REFUSED`. Default for ever.
   */
  readonly giveUpMs?: number | undefined
  /** Ends the opening. */
  readonly signal?: AbortSignal | undefined
  /** Default: lines on stderr. */
  readonly logger?: Logger | undefined
  /** Default the system's. */
  readonly clock?: Clock | undefined
}

/**
 * The records of a stream, through splits and merges; a lane is a shard. Whoever reads calls `release` when a delivery
 * is taken and `ack` when it is safe: what is not acked is read again after a restart.
 *
 *     for await (const { items, release, ack } of reader.read(signal)) {
 *       for (const { data } of items) …
 *       release()
 *       ack()
 *     }
 *     await reader.close(AbortSignal.timeout(5000))
 */
export type KinesisReader = Source<KinesisRecord>

/**
 * Opens a reader on a stream that exists and answers. Rejects with `STREAM_REFUSED` when there is no such stream or it
 * may not be read, `STREAM_UNREACHABLE` when nothing answers for `giveUpMs` (default 60,000), `NO_REGION`, `BAD_SETTING`
 * or, when the signal aborts, `ABORTED`.
 */
export async function openKinesisReader(options: KinesisReaderOptions): Promise<KinesisReader> {
  const { clock = systemClock, logger = surroundings().logger, importCheckpoints } = options
  const { stream: reference, client, letGo } = await connectStream(options)
  const stream = new KinesisStream(client, reference)
  try {
    await described(stream, reference.name, { ...options, clock, logger })
  } catch (error) {
    letGo()
    throw error
  }
  const source = new KinesisSource({
    stream,
    streamName: reference.name,
    store: options.checkpoints ?? new MemoryCheckpointStore(),
    clock,
    logger,
    initialPosition: options.initialPosition ?? { kind: 'latest' },
    importCheckpoints: importCheckpoints && (() => importCheckpoints(stream)),
    ...(options.checkpointIntervalMs !== undefined && { checkpointIntervalMs: options.checkpointIntervalMs }),
    maxCallsPerSecond: options.maxCallsPerSecond,
    ...(options.maxCallsPerSecond !== undefined && sizes(options.maxCallsPerSecond)),
    keepsBase64: options.keepsBase64,
    untilNow: options.untilNow,
    giveUpMs: options.giveUpMs,
    // Nobody starts many of these at once.
    startJitterMs: 0,
    readerId: randomUUID(),
  })
  return {
    name: source.name,
    read: (signal) => source.read(signal),
    status: () => source.status(),
    async close(deadline) {
      await source.close(deadline)
      letGo()
    },
  }
}

const mebibyte = 1024 * 1024

/** Where calls are few, each has to bring more; and what is asked for at once is several times that in memory. */
function sizes(callsPerSecond: number): { readonly fetchBytes: number; readonly maxBytes: number } {
  const fetchBytes = Math.min(4, Math.max(2, 12 / callsPerSecond)) * mebibyte
  return { fetchBytes, maxBytes: fetchBytes + 6 * mebibyte }
}

const defaultPatienceMs = 60_000

/** The first word with the stream. What passes by itself is waited out for a while, and told. */
async function described(
  stream: KinesisStream,
  streamName: string,
  options: Pick<KinesisReaderOptions, 'giveUpMs' | 'signal'> & { readonly clock: Clock; readonly logger: Logger },
): Promise<StreamSummary> {
  const { clock, logger, giveUpMs = defaultPatienceMs, signal = new AbortController().signal } = options
  const backoff = new Backoff({ baseMs: 400, maxMs: 10_000 })
  const untilMs = clock.monotonic() + giveUpMs
  while (!isAborted(signal)) {
    try {
      return await stream.describe(signal)
    } catch (error) {
      if (isAborted(signal)) break
      const fault = kinesisFault(error)
      const reason = refusal(fault, error, streamName)
      if (fault !== 'transient' && fault !== 'throttled') throw reason
      if (clock.monotonic() >= untilMs) throw new KinloaderError('STREAM_UNREACHABLE', reason.message, { cause: error })
      if (backoff.failures === 1) logger.warn('kinesis', { error: reason.message, effect: 'it is tried again' })
      await clock.sleep(Math.min(backoff.next(), Math.max(0, untilMs - clock.monotonic())), signal)
    }
  }
  throw new KinloaderError('ABORTED', 'The reader was not opened.', { retryable: true })
}

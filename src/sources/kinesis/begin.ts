import { kinesisFault } from '../../clients/kinesis-errors.ts'
import type { KinesisStream, StreamSummary } from '../../clients/kinesis-stream.ts'
import { isAborted } from '../../core/aborting.ts'
import { Backoff } from '../../core/backoff.ts'
import type { CheckpointStore } from '../../core/checkpoint.ts'
import type { Checkpointer } from '../../core/checkpointer.ts'
import type { Clock } from '../../core/clock.ts'
import { errorText, KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { FaultLog } from './fault-log.ts'
import {
  formatOrigin,
  isSameStream,
  originKey,
  originStart,
  parseOrigin,
  type InitialPosition,
  type Origin,
  type OriginStart,
} from './origin.ts'
import { formatPosition, parsePosition, type ShardPosition } from './position.ts'

export interface BeginOptions {
  readonly stream: KinesisStream
  readonly store: CheckpointStore
  readonly checkpointer: Checkpointer
  readonly clock: Clock
  readonly logger: Logger
  readonly faults: FaultLog
  readonly initialPosition: InitialPosition
  /** Another program's checkpoints by shard, asked for once, when our store is empty. */
  readonly importCheckpoints?: (() => Promise<ReadonlyMap<string, string>>) | undefined
}

/** Where reading begins, all of it stored already. */
export interface Beginning {
  readonly summary: StreamSummary
  readonly origin: Origin
  readonly positions: ReadonlyMap<string, ShardPosition>
}

/**
 * Decides where to begin, and stores the decision before anything is read: a crash right after the start must find
 * the same start again. Waits out whatever can be waited out; undefined when the signal aborts.
 */
export async function begin(options: BeginOptions, signal: AbortSignal): Promise<Beginning | undefined> {
  const summary = await readyStream(options, signal)
  if (summary === undefined) return undefined
  // A save on its way must not come after what is loaded now.
  await options.checkpointer.save(signal)
  const stored = await steadily(options, signal, () => options.store.load(signal))
  if (stored === undefined) return undefined
  const known = parseOrigin(stored.get(originKey) ?? '')
  if (known !== undefined && known.arn !== summary.arn) {
    throw new KinloaderError(
      'FOREIGN_CHECKPOINTS',
      `these checkpoints belong to the stream ${known.arn}, not to ${summary.arn}: give this reader checkpoints of its own.`,
    )
  }
  if (known !== undefined && isSameStream(known, summary)) {
    return resume(options, summary, known, readPositions(stored, options.logger))
  }
  if (known !== undefined) return startOver(options, summary, known, stored, signal)
  const positions = readPositions(stored, options.logger)
  if (positions.size > 0) return adopt(options, summary, positions, signal)
  const imported = await steadily(options, signal, () => options.importCheckpoints?.() ?? Promise.resolve(new Map()))
  if (imported === undefined) return undefined
  if (imported.size > 0) {
    options.logger.info('import', { checkpoints: imported.size, state: 'goes on where the imported checkpoints stop' })
    return adopt(options, summary, readPositions(imported, options.logger), signal)
  }
  return firstStart(options, summary, signal)
}

/** The stream's description once it can be read. A stream which is gone or denied is asked for again, slowly. */
async function readyStream(options: BeginOptions, signal: AbortSignal): Promise<StreamSummary | undefined> {
  for (;;) {
    const summary = await steadily(options, signal, () => options.stream.describe(signal))
    if (summary === undefined || summary.status === 'ACTIVE' || summary.status === 'UPDATING') return summary
    options.logger.info('start', { state: `waiting, the stream is ${summary.status}` })
    await options.clock.sleep(5000, signal)
  }
}

function resume(
  options: BeginOptions,
  summary: StreamSummary,
  origin: Origin,
  positions: ReadonlyMap<string, ShardPosition>,
): Beginning {
  options.logger.info('start', {
    state: 'goes on from its checkpoints; initial_position has no effect',
    checkpoints: positions.size,
  })
  return { summary, origin, positions }
}

/** The stream is another one of the same name: nothing of it has been read, so all of it is. */
async function startOver(
  options: BeginOptions,
  summary: StreamSummary,
  known: Origin,
  stored: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Beginning | undefined> {
  options.logger.error('start', {
    error:
      'the stream was deleted and created again since the last checkpoint; the new one is read from its oldest record',
    was: `${known.arn} ${isoTime(known.createdMs)}`,
    is: `${summary.arn} ${isoTime(summary.createdMs)}`,
  })
  options.checkpointer.clear()
  for (const key of stored.keys()) options.checkpointer.set(key, null)
  const origin: Origin = { arn: summary.arn, createdMs: summary.createdMs, start: { kind: 'horizon' } }
  return store(options, { summary, origin, positions: new Map() }, signal)
}

/** Positions without a known start: kinlog's, where a shard without one begins at the horizon. */
function adopt(
  options: BeginOptions,
  summary: StreamSummary,
  positions: ReadonlyMap<string, ShardPosition>,
  signal: AbortSignal,
): Promise<Beginning | undefined> {
  const origin: Origin = { arn: summary.arn, createdMs: summary.createdMs, start: { kind: 'horizon' } }
  return store(options, { summary, origin, positions }, signal)
}

async function firstStart(
  options: BeginOptions,
  summary: StreamSummary,
  signal: AbortSignal,
): Promise<Beginning | undefined> {
  const nowMs = Math.min(options.clock.now(), summary.serverTimeMs ?? Number.POSITIVE_INFINITY)
  const start = originStart(options.initialPosition, nowMs)
  const positions = await steadily(options, signal, () => firstPositions(options.stream, start, signal))
  if (positions === undefined) return undefined
  const origin: Origin = { arn: summary.arn, createdMs: summary.createdMs, start }
  options.logger.info('start', { state: 'first start', from: formatPosition(start), shards: positions.size })
  return store(options, { summary, origin, positions }, signal)
}

/**
 * Every shard begins at the start; one which was closed before it has nothing to give and is done. Without that its
 * children would count as children of something read, and begin at their oldest record.
 *
 * All shards are listed first: what closes in between is in both lists. FROM_TIMESTAMP also lists what closes right
 * then; a list of the open shards alone can race a reshard.
 */
async function firstPositions(
  stream: KinesisStream,
  start: OriginStart,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ShardPosition>> {
  const positions = new Map<string, ShardPosition>()
  for (const { ShardId } of await stream.shards(undefined, signal)) {
    if (ShardId !== undefined) positions.set(ShardId, start.kind === 'time' ? { kind: 'end' } : start)
  }
  if (start.kind === 'horizon') return positions
  const since = { Type: 'FROM_TIMESTAMP' as const, Timestamp: new Date(start.timeMs) }
  for (const { ShardId } of await stream.shards(since, signal)) if (ShardId !== undefined) positions.set(ShardId, start)
  return positions
}

async function store(options: BeginOptions, beginning: Beginning, signal: AbortSignal): Promise<Beginning | undefined> {
  const { checkpointer, clock } = options
  checkpointer.set(originKey, formatOrigin(beginning.origin))
  for (const [shardId, position] of beginning.positions) checkpointer.set(shardId, formatPosition(position))
  const backoff = new Backoff({ baseMs: 500, maxMs: 30_000 })
  while (!signal.aborted) {
    if (await checkpointer.save(signal)) return beginning
    await clock.sleep(backoff.next(), signal)
  }
  return undefined
}

function readPositions(stored: ReadonlyMap<string, string>, logger: Logger): ReadonlyMap<string, ShardPosition> {
  const positions = new Map<string, ShardPosition>()
  for (const [key, text] of stored) {
    if (key.startsWith('@')) continue
    const position = parsePosition(text)
    if (position !== undefined) positions.set(key, position)
    else
      logger.error('start', {
        shard: key,
        error: 'the stored checkpoint is not one of ours; the shard is read from where a new one would begin',
      })
  }
  return positions
}

/** Tries until it works, waiting as the error demands; undefined on abort. Throws what waiting cannot cure. */
async function steadily<T>(options: BeginOptions, signal: AbortSignal, call: () => Promise<T>): Promise<T | undefined> {
  const { clock, faults, logger } = options
  const backoff = new Backoff({ baseMs: 400, maxMs: 30_000 })
  while (!signal.aborted) {
    try {
      const result = await call()
      faults.recovered()
      return result
    } catch (error) {
      if (isAborted(signal)) return undefined
      let leastMs = 0
      if (error instanceof KinloaderError) {
        if (!error.retryable) throw error
        if (backoff.failures === 0) logger.warn('start', { code: error.code, error: errorText(error) })
      } else {
        const fault = kinesisFault(error)
        const patient = fault === 'throttled' || fault === 'transient'
        if (!patient || backoff.failures >= 3) faults.report(fault, error)
        if (!patient) leastMs = 5000
      }
      await clock.sleep(Math.max(leastMs, backoff.next()), signal)
    }
  }
  return undefined
}

function isoTime(timeMs: number | undefined): string {
  return timeMs === undefined ? 'of unknown age' : new Date(timeMs).toISOString()
}

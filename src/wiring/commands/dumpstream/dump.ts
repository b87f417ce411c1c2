import { dumpLine } from '../../../codecs/dump-line-encoding.ts'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import { Counters } from '../../../core/metrics.ts'
import { pump } from '../../../core/pump.ts'
import { garbageCollector } from '../../../host/garbage-collection.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { type FileItem, FileSink } from '../../../sinks/file/sink.ts'
import type { KinesisRecord } from '../../../sources/kinesis/record.ts'
import { type KinesisReader, openKinesisReader } from '../../kinesis-reader.ts'
import { type CheckpointFile, checkpointFileError, openCheckpointFile } from './checkpoint-file.ts'
import { MarkingStore, readOutputMark } from './output-mark.ts'
import { isShown, showProgress } from './progress.ts'
import type { DumpSettings } from './settings.ts'
import { type DumpTarget, openTarget, standardOutput } from './target.ts'

/** A file of its own costs little, and what was not remembered before a crash is dumped twice. */
const checkpointIntervalMs = 1000

/** Before the end by a signal: for what was read to be written and remembered. */
const settleMs = 5000

/** No answer has more, so what is taken of a shard is taken whole or not at all, also when a signal ends the dump. */
const maxAnswerRecords = 10_000

/** What was dumped is garbage, of nearly three times its size: V8 alone would wait for 64 MiB of that. */
const collectEveryBytes = 12 * 1024 * 1024

/** Dumps a stream until the signal aborts, or it is read until now. Rejects with one sentence. */
export async function dump(settings: DumpSettings, host: ProgramHost): Promise<void> {
  const { format, filename, checkpointFile } = settings
  const { clock, signal } = host
  const checkpoints = checkpointFile === undefined ? undefined : await openCheckpointFile(checkpointFile, clock, signal)
  const store = checkpoints && new MarkingStore(checkpoints.store)
  const reader = await openReader(settings, checkpoints, store, host)
  // Only now: a stream which is misspelt must not cost the file of the last dump.
  const target =
    filename === undefined ? standardOutput(host.stdout) : await openFile(filename, format, checkpoints, host)
  const counters = new Counters()
  const sink = new FileSink({
    outlet: target.outlet,
    clock,
    counters,
    ...(target.isPipe && { syncIntervalMs: 0, slowStart: true }),
  })
  if (format === 'raw') await followOutput(target, sink, store, checkpoints)
  await carryAll(reader, sink, settings, host)
  if (sink.isSafe) await store?.saveMark({ closed: true })
}

async function openReader(
  settings: DumpSettings,
  checkpoints: CheckpointFile | undefined,
  store: MarkingStore | undefined,
  { logger, clock, signal }: ProgramHost,
): Promise<KinesisReader> {
  const { aws, initialPosition, maxCallsPerSecond, untilNow, giveUpMs } = settings
  try {
    return await openKinesisReader({
      stream: aws.stream.arn ?? aws.stream.name,
      region: aws.region,
      endpoint: aws.endpoint,
      checkpoints: store,
      checkpointIntervalMs,
      importCheckpoints: checkpoints?.importCheckpoints,
      initialPosition,
      maxCallsPerSecond,
      keepsBase64: true,
      untilNow,
      giveUpMs,
      signal,
      logger,
      clock,
    })
  } catch (error) {
    throw inWords('Failed to open reader', error)
  }
}

function openFile(
  filename: string,
  format: 'json' | 'raw',
  checkpoints: CheckpointFile | undefined,
  { logger }: ProgramHost,
): Promise<DumpTarget> {
  const resumed = checkpoints?.resumes === true ? { format, mark: readOutputMark(checkpoints.remembered) } : undefined
  return openTarget(filename, resumed, logger)
}

/** From now on a crash leaves a file whose last whole record can be found. */
async function followOutput(
  { file }: DumpTarget,
  sink: FileSink,
  store: MarkingStore | undefined,
  checkpoints: CheckpointFile | undefined,
): Promise<void> {
  const identity = await file?.identity()
  if (file === undefined || identity === undefined || store === undefined) return
  const before = await file.size()
  store.follow(identity, () => before + sink.safeBytes)
  // A mark of the last run may say that the file is closed. Where there is none, the first positions bring it.
  if (checkpoints !== undefined && checkpoints.remembered.size > 0) await store.saveMark({})
}

async function carryAll(
  reader: KinesisReader,
  sink: FileSink,
  { format, filename }: DumpSettings,
  host: ProgramHost,
): Promise<void> {
  const { clock } = host
  const figures = { records: 0, bytes: 0 }
  const collect = garbageCollector()
  let collectAtBytes = collectEveryBytes
  const decode = (record: KinesisRecord): readonly FileItem[] => {
    figures.records += 1
    figures.bytes += record.base64?.byteLength ?? record.data.length
    if (figures.bytes >= collectAtBytes) {
      collect()
      collectAtBytes = figures.bytes + collectEveryBytes
    }
    return [format === 'json' ? dumpLine(record) : record.data]
  }
  const over = new AbortController()
  if (isShown(host, filename === undefined)) {
    void showProgress({ terminal: host.terminal, clock, figures, status: () => reader.status() }, over.signal)
  }
  try {
    await pump({ source: reader, sink, decode, clock, signal: host.signal, settleMs, chunkItems: maxAnswerRecords })
  } catch (error) {
    if (error === sink.failure) throw error
    if (errorCode(error) === 'FOREIGN_CHECKPOINTS') throw checkpointFileError(error)
    throw inWords('Failed to process stream', error)
  } finally {
    over.abort()
  }
  // An output which breaks may end the dump as a signal does, before it is told as a failure.
  if (sink.failure !== undefined) throw sink.failure
}

function inWords(what: string, error: unknown): unknown {
  const code = errorCode(error)
  return code === 'ABORTED' ? error : new KinloaderError(code, `${what}: ${errorText(error)}`, { cause: error })
}

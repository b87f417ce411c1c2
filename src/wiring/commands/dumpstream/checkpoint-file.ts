import { readFile, stat } from 'node:fs/promises'
import { FilesystemCheckpointStore } from '../../../checkpoints/filesystem.ts'
import { parseKinlogFile } from '../../../checkpoints/kinlog/file.ts'
import { kinesisFault } from '../../../clients/kinesis-errors.ts'
import type { KinesisStream } from '../../../clients/kinesis-stream.ts'
import type { CheckpointStore } from '../../../core/checkpoint.ts'
import type { Clock } from '../../../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'

/** The file of `--checkpoint-file`, as it was found. */
export interface CheckpointFile {
  readonly store: CheckpointStore
  /** What it held under our reserved keys and our shards; empty when kinlog wrote it. */
  readonly remembered: ReadonlyMap<string, string>
  /** It holds positions, ours or kinlog's: reading goes on from there. */
  readonly resumes: boolean
  /** kinlog's positions, once it is certain that they are of this stream. */
  readonly importCheckpoints: (stream: KinesisStream) => Promise<ReadonlyMap<string, string>>
}

/**
 * Opens the checkpoint file, which must be readable and replaceable. It is ours (see `FilesystemCheckpointStore`), or
 * kinlog's:
 *
 *     {"<shard id>":{"shard_id":"…","timestamp":"…","checkpoint":"<sequence number>"},…}
 *
 * kinlog's stays as it is until the first save replaces it by ours, all positions at once; one of no length is empty.
 */
export async function openCheckpointFile(path: string, clock: Clock, signal: AbortSignal): Promise<CheckpointFile> {
  const imported = await kinlogCheckpoints(path)
  const store = new FilesystemCheckpointStore({
    path,
    clock,
    user: 'yourself',
    isForeign: (text) => foreignCheckpoints(text, path) !== undefined,
  })
  try {
    if ((await folderAt(path)) === true) {
      throw new KinloaderError('CHECKPOINT_FILE_UNREADABLE', `${path} is a folder; name a file.`)
    }
    const remembered = await store.load(signal)
    await store.check(signal)
    const shards = [...remembered.keys(), ...imported.keys()].filter((key) => !key.startsWith('@'))
    return {
      store,
      remembered,
      resumes: shards.length > 0,
      importCheckpoints: (stream) => checkedImport(imported, stream, path),
    }
  } catch (error) {
    throw checkpointFileError(error)
  }
}

/** One sentence under the name it has always had. */
export function checkpointFileError(error: unknown): KinloaderError {
  const message = `Failed to open checkpoint file: ${errorText(error)}`
  return new KinloaderError(errorCode(error), message, { cause: error })
}

/**
 * kinlog's file does not say which stream it is of, and shards of all streams have the same names. Kinesis tells: it
 * gives no iterator for another stream's sequence number.
 */
async function checkedImport(
  imported: ReadonlyMap<string, string>,
  stream: KinesisStream,
  path: string,
): Promise<ReadonlyMap<string, string>> {
  const signal = new AbortController().signal
  for (const [shardId, sequenceNumber] of imported) {
    try {
      await stream.iterator(shardId, { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber }, signal)
    } catch (error) {
      const fault = kinesisFault(error)
      if (fault === 'foreign-stream' || fault === 'wrong-shard') {
        throw new KinloaderError(
          'FOREIGN_CHECKPOINTS',
          `${path} holds checkpoints of another stream; name this stream's file, or one which does not exist yet.`,
          { cause: error },
        )
      }
      // Expired, or a shard which is gone: the reader tells of those. Anything else is tried again.
      if (!['too-old', 'gone', 'at-end'].includes(fault)) throw error
    }
  }
  return imported
}

async function kinlogCheckpoints(path: string): Promise<ReadonlyMap<string, string>> {
  try {
    return foreignCheckpoints(await readFile(path, 'utf8'), path) ?? new Map()
  } catch {
    // Whatever it is, the store says it.
    return new Map()
  }
}

/** Undefined when kinlog did not write it. */
function foreignCheckpoints(text: string, path: string): ReadonlyMap<string, string> | undefined {
  try {
    return parseKinlogFile(text, path)
  } catch {
    return undefined
  }
}

async function folderAt(path: string): Promise<boolean | undefined> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return undefined
  }
}

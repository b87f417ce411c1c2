import { errorCode, KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { type BatchFile, type BatchFolder, maxBatchBytes } from './batch-file.ts'
import { type DecodedFrames, decodeFrames } from './frames.ts'
import { quarantine } from './quarantine.ts'

/** What a batch's file holds. */
export interface SpooledFrames {
  /** In the order of their appends. Views of one buffer: one frame kept keeps all of them in memory. */
  readonly frames: readonly Uint8Array[]
  /** Absent: the batch was never sealed, or damage took the seal. */
  readonly seal?: Uint8Array
  /** A crash cut the last write short. Nobody was told that those frames are safe. */
  readonly torn: boolean
  /** What damage took. It was told as an error, and lies in `quarantine/` where there was room. */
  readonly damagedBytes: number
}

/** Reads a batch and leaves only whole frames in its file, so that what is appended later can be read as well. */
export async function readBatch(batch: BatchFile, folder: BatchFolder, logger: Logger): Promise<SpooledFrames> {
  const { path } = batch
  const { size, decoded } = await decodeFile(path, folder)
  const { entries, seal, wholeBytes, rest } = decoded
  if (rest === 'damaged') await quarantine({ batch, wholeBytes, size, folder, logger })
  if (wholeBytes < size) await folder.files.truncate(path, wholeBytes)
  batch.found(wholeBytes, seal !== undefined)
  return {
    frames: entries,
    ...(seal !== undefined && { seal }),
    torn: rest === 'torn',
    damagedBytes: rest === 'damaged' ? size - wholeBytes : 0,
  }
}

async function decodeFile(path: string, { files }: BatchFolder): Promise<{ size: number; decoded: DecodedFrames }> {
  try {
    const { size } = await files.stat(path)
    // Not written by a spool, and too much to be read into memory.
    if (size > maxBatchBytes) return { size, decoded: { entries: [], wholeBytes: 0, rest: 'damaged' } }
    return { size, decoded: decodeFrames(await files.readFile(path)) }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    throw new KinloaderError(
      'SPOOL_BATCH_GONE',
      `The spooled batch ${path} was removed by somebody else while it waited, and what it held is lost.`,
      { cause: error },
    )
  }
}

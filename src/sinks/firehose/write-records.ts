import * as nodeFiles from 'node:fs/promises'
import { join } from 'node:path'
import { KinloaderError } from '../../core/errors.ts'
import { maxParts, parseSegmentFile, recordFile, temporarySuffix } from '../journal/segment-name.ts'
import { spoolError } from '../spooling/errors.ts'
import { type Files, removeFile, syncFolder, writeWhole } from '../spooling/files.ts'

export interface RecordTarget {
  /** The folder of the record files. */
  readonly folder: string
  /** The segment they are made of: `000000000042-k3v9x0ab.journal`. */
  readonly segment: string
  /** Whether they are to survive a power cut: not with fsync off. */
  readonly isSynced: boolean
  /** Default `node:fs/promises`. */
  readonly files?: Pick<Files, 'open' | 'rename' | 'unlink'>
}

/** The files which were made of a segment; may be sent to another thread. Their names are `recordFile(segment, part)`. */
export interface WrittenRecords {
  readonly segment: string
  /** Of each file, by its part. */
  readonly bytes: readonly number[]
}

/**
 * Makes a file of each record. When it resolves all of them would survive a power cut; nobody else may look at any
 * before. Needs no index, so it may run in a worker.
 *
 * Names follow from the segment and the order of the records: making them once more, after a crash, puts them in the
 * place of those which the crash left, and doubles none. When it rejects, with `SPOOL_FULL` or another `spoolError`,
 * what is there already is left for that; half-written files are removed.
 */
export async function writeRecords(
  target: RecordTarget,
  records: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<WrittenRecords> {
  const { folder, segment, isSynced, files = nodeFiles } = target
  const name = parseSegmentFile(segment)
  if (name === undefined) throw new KinloaderError('SPOOL_NAME', `"${segment}" is no segment of a journal.`)
  const bytes: number[] = []
  const writing = new Set<Promise<void>>()
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const record of records) {
      if (bytes.length >= maxParts) throw new KinloaderError('SPOOL_TOO_LARGE', `${segment} makes too many records.`)
      const path = join(folder, recordFile(name, bytes.length))
      bytes.push(record.length)
      const one: Promise<void> = writeRecord(path, record, isSynced, files)
        .catch((error: unknown) => {
          failure ??= { error }
        })
        .finally(() => writing.delete(one))
      writing.add(one)
      // Several at once share the disk's journal commits.
      if (writing.size >= together) await Promise.race(writing)
      if (isFailed()) break
    }
    await Promise.all(writing)
    if (failure !== undefined) throw failure.error
    if (isSynced && bytes.length > 0) await syncFolder(folder, files)
  } catch (error) {
    await Promise.all(writing)
    throw spoolError(error, folder)
  }
  return { segment, bytes }

  function isFailed(): boolean {
    return failure !== undefined
  }
}

async function writeRecord(
  path: string,
  record: Uint8Array,
  isSynced: boolean,
  files: Pick<Files, 'open' | 'rename' | 'unlink'>,
): Promise<void> {
  const temporary = `${path}${temporarySuffix}`
  try {
    // One which a killed process left is overwritten.
    const handle = await files.open(temporary, 'w', 0o600)
    try {
      await writeWhole(handle, Buffer.from(record.buffer, record.byteOffset, record.length), 0)
      if (isSynced) await handle.sync()
    } finally {
      await handle.close()
    }
    await files.rename(temporary, path)
  } catch (error) {
    await removeFile(temporary, files).catch(() => undefined)
    throw error
  }
}

const together = 8

import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { errorCode, errorText } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Counters } from '../../core/metrics.ts'
import { maxParts, recordFile, segmentFile, temporarySuffix } from '../journal/segment-name.ts'
import type { SpoolFolder } from '../journal/spool-folder.ts'
import { spoolError } from '../spooling/errors.ts'
import { type Files, removeFile, syncFolder } from '../spooling/files.ts'
import type { RecordFiles } from './record-files.ts'

export interface ImportOptions {
  /** Where the files lie, directly. */
  readonly spoolDir: string
  readonly folder: SpoolFolder
  readonly records: RecordFiles
  /** The user this process runs as; undefined where the platform has none. */
  readonly uid: number | undefined
  readonly logger: Logger
  readonly counters: Counters
  /** How many get names as of one segment. Default what the names have digits for, 1,000,000. */
  readonly maxTogether?: number
}

/**
 * Adopts what kinesyslog left, `firehose_event-*`: each a gzip member which is one Firehose record, without an order.
 * They get names of this spool. Others may write into the spool directory, so only plain files of our own user are
 * taken, only up to what Firehose takes, and only whole: a member which ends too early spoils those behind it in S3.
 * What is not taken stays and is told.
 */
export async function importRecords(options: ImportOptions): Promise<void> {
  const { spoolDir, folder, records, logger, counters, maxTogether = maxParts } = options
  const { files } = folder
  let name = folder.nextSegment()
  let bytes: number[] = []
  let imported = 0
  let left = 0
  let lastReason: string | undefined
  const offer = async (): Promise<void> => {
    await records.added({ segment: segmentFile(name), bytes }, { rest: 'nothing' })
    counters.add('imported', bytes.length)
    imported += bytes.length
  }
  try {
    for (const file of (await files.readdir(spoolDir)).filter((entry) => entry.startsWith(prefix)).sort()) {
      const from = join(spoolDir, file)
      const refusal = await refusalOf(from, options)
      if (typeof refusal === 'string') {
        left += 1
        lastReason = `${file}: ${refusal}`
        continue
      }
      if (bytes.length >= maxTogether) {
        await syncFolder(folder.recordsPath, files)
        await offer()
        name = folder.nextSegment()
        bytes = []
      }
      await move(from, join(folder.recordsPath, recordFile(name, bytes.length)), files)
      bytes.push(refusal.bytes)
    }
    if (bytes.length > 0) await syncFolder(folder.recordsPath, files)
  } catch (error) {
    throw spoolError(error, spoolDir)
  } finally {
    await offer()
  }
  if (left > 0) logger.warn('import', { left, example: lastReason, effect: 'these files stay where they are' })
  if (imported > 0) logger.info('import', { files: imported })
}

/** Why a file is not taken, or its size. */
async function refusalOf(path: string, { folder, uid }: ImportOptions): Promise<string | { readonly bytes: number }> {
  const { files } = folder
  const found = await files.lstat(path)
  if (!found.isFile()) return 'it is no plain file'
  if (uid !== undefined && found.uid !== uid) return 'it belongs to another user'
  if (found.size > maxRecordBytes) return `it is larger than ${maxRecordBytes} bytes`
  try {
    await inflate(await files.readFile(path), { maxOutputLength: maxInflatedBytes })
  } catch (error) {
    return `it is no whole gzip file (${errorText(error)})`
  }
  return { bytes: found.size }
}

async function move(from: string, to: string, files: Files): Promise<void> {
  try {
    await files.rename(from, to)
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error
    const temporary = `${to}${temporarySuffix}`
    await files.copyFile(from, temporary)
    const handle = await files.open(temporary, 'r+')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await files.rename(temporary, to)
    await syncFolder(dirname(to), files)
    await removeFile(from, files)
  }
}

const prefix = 'firehose_event-'
const inflate = promisify(gunzip)
/** What Firehose takes as one record. */
const maxRecordBytes = 1_024_000
/** Of 4 MiB of messages, with whatever JSON makes of them. */
const maxInflatedBytes = 64 * 1024 * 1024

import { join } from 'node:path'
import { errorCode } from '../../core/errors.ts'
import type { Files } from '../spooling/files.ts'
import { removeFile } from '../spooling/files.ts'
import type { ClosedSegment } from './read-segment.ts'
import { parseRecordFile, parseSegmentFile, temporarySuffix } from './segment-name.ts'

export interface FoundRecord {
  readonly file: string
  readonly bytes: number
  /** When it was written: wall-clock milliseconds since 1970. */
  readonly modifiedMs: number
}

/** Of the plain files in a folder. */
export interface FolderSize {
  readonly bytes: number
  readonly files: number
}

export interface SpoolContent {
  readonly segments: readonly ClosedSegment[]
  readonly records: readonly FoundRecord[]
  readonly quarantine: FolderSize
  /** The highest number which any file bears; 0 when there is none. */
  readonly lastSequence: number
}

/**
 * What earlier processes left. Half-written record files are removed: whoever was killed over them had its messages in
 * the journal, or in the file which it imported. Whatever else lies there stays and is not looked at: of what is no plain
 * file the names may be ours, but opening a pipe would wait for ever.
 */
export async function spoolContent(path: string, files: Files): Promise<SpoolContent> {
  const inJournal = await plainFiles(join(path, 'journal'), files, (name) => parseSegmentFile(name) !== undefined)
  const inRecords = await plainFiles(
    join(path, 'records'),
    files,
    (name) => parseRecordFile(name) !== undefined || name.endsWith(temporarySuffix),
  )
  const records = inRecords.filter(({ file }) => !file.endsWith(temporarySuffix))
  for (const { file } of inRecords) {
    // One which stays takes a little room until a later start; no reason not to begin.
    if (file.endsWith(temporarySuffix)) await removeFile(join(path, 'records', file), files).catch(() => undefined)
  }
  const quarantine = await plainFiles(join(path, 'quarantine'), files)
  let lastSequence = 0
  for (const { file } of [...inJournal, ...records, ...quarantine]) {
    const sequence = (parseSegmentFile(file) ?? parseRecordFile(file))?.sequence ?? 0
    if (sequence < maxSequence) lastSequence = Math.max(lastSequence, sequence)
  }
  return {
    segments: inJournal.map(({ file, bytes }) => ({
      file,
      path: join(path, 'journal', file),
      bytes,
      isLeftover: true,
    })),
    records,
    quarantine: sizeOf(quarantine),
    lastSequence,
  }
}

/** Rejects when the disk fails. */
export async function folderSize(folder: string, files: Files): Promise<FolderSize> {
  return sizeOf(await plainFiles(folder, files))
}

function sizeOf(found: readonly FoundRecord[]): FolderSize {
  return { bytes: found.reduce((sum, { bytes }) => sum + bytes, 0), files: found.length }
}

/** In the order of their names. */
async function plainFiles(
  folder: string,
  files: Files,
  isWanted: (name: string) => boolean = () => true,
): Promise<FoundRecord[]> {
  const names = (await files.readdir(folder)).filter(isWanted).sort()
  const found: FoundRecord[] = []
  for (let at = 0; at < names.length; at += together) {
    const some = names.slice(at, at + together)
    const stats = await Promise.all(some.map((name) => files.lstat(join(folder, name)).catch(noneIfGone)))
    for (const [i, file] of some.entries()) {
      const stat = stats[i]
      if (stat?.isFile() === true) found.push({ file, bytes: stat.size, modifiedMs: stat.mtimeMs })
    }
  }
  return found
}

/** Somebody may be making room while we look. */
function noneIfGone(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error
}

const together = 64

/** Nobody makes so many segments; above it somebody else's file stands, behind which the twelve digits would soon end. */
const maxSequence = 100_000_000_000

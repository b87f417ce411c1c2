import { join } from 'node:path'
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

export interface SpoolContent {
  readonly segments: readonly ClosedSegment[]
  readonly records: readonly FoundRecord[]
  readonly quarantine: { readonly bytes: number; readonly files: number }
  /** The highest number which any file bears; 0 when there is none. */
  readonly lastSequence: number
}

/**
 * What earlier processes left. Half-written record files are removed: whoever was killed over them had its messages in
 * the journal, or in the file which it imported. Whatever else lies there stays and is not looked at.
 */
export async function spoolContent(path: string, files: Files): Promise<SpoolContent> {
  const journal = (await namesIn(join(path, 'journal'), files)).filter((name) => parseSegmentFile(name) !== undefined)
  const inRecords = await namesIn(join(path, 'records'), files)
  const records = inRecords.filter((name) => parseRecordFile(name) !== undefined)
  const quarantine = await namesIn(join(path, 'quarantine'), files)
  for (const name of inRecords) {
    if (name.endsWith(temporarySuffix)) await removeFile(join(path, 'records', name), files)
  }
  let lastSequence = 0
  for (const name of [...journal, ...records, ...quarantine]) {
    lastSequence = Math.max(lastSequence, (parseSegmentFile(name) ?? parseRecordFile(name))?.sequence ?? 0)
  }
  const segments = await found(join(path, 'journal'), journal, files)
  const kept = await found(join(path, 'quarantine'), quarantine, files)
  return {
    segments: segments.map(({ file, bytes }) => ({ file, path: join(path, 'journal', file), bytes, isLeftover: true })),
    records: await found(join(path, 'records'), records, files),
    quarantine: { bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0), files: kept.length },
    lastSequence,
  }
}

async function namesIn(folder: string, files: Files): Promise<string[]> {
  return (await files.readdir(folder)).sort()
}

async function found(folder: string, names: readonly string[], files: Files): Promise<FoundRecord[]> {
  const result: FoundRecord[] = []
  for (let at = 0; at < names.length; at += together) {
    const some = names.slice(at, at + together)
    const stats = await Promise.all(some.map((name) => files.lstat(join(folder, name))))
    for (const [i, file] of some.entries()) {
      result.push({ file, bytes: stats[i]?.size ?? 0, modifiedMs: stats[i]?.mtimeMs ?? 0 })
    }
  }
  return result
}

const together = 64

import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { SegmentEnd } from '../journal/read-segment.ts'
import { parseRecordFile, parseSegmentFile, recordFile, segmentFile } from '../journal/segment-name.ts'
import type { FoundRecord } from '../journal/spool-content.ts'
import type { SpoolFolder } from '../journal/spool-folder.ts'
import { removeFile } from '../spooling/files.ts'
import { encodedBytes } from './encoded-size.ts'
import { RecordGroup } from './record-group.ts'
import type { RecordStore, RequestLimits, WaitingRecord } from './record-store.ts'
import type { WrittenRecords } from './write-records.ts'

export interface RecordFilesOptions {
  readonly folder: SpoolFolder
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The record files of a spool, and which of them wait. Memory holds a few bytes of each, the disk the records.
 *
 * A file is offered when the segment it was made of has gone. Those which an earlier process made of a segment which is
 * still there wait, unseen, until they are made once more: it may have been killed over them.
 */
export class RecordFiles implements RecordStore {
  onAdded: () => void = () => {}
  readonly #folder: SpoolFolder
  readonly #clock: Clock
  readonly #logger: Logger
  /** In the order of their numbers. */
  readonly #groups: RecordGroup[] = []
  readonly #bySegment = new Map<string, RecordGroup>()
  /** Files found of a segment which is still there, by its name. */
  readonly #covered = new Map<string, FoundRecord[]>()
  #waiting = 0
  #waitingBytes = 0
  #takeable = 0
  #takeableEncoded = 0

  constructor({ folder, clock, logger }: RecordFilesOptions) {
    this.#folder = folder
    this.#clock = clock
    this.#logger = logger
    const segments = new Set(folder.segments.map(({ file }) => file))
    const free = new Map<string, FoundRecord[]>()
    for (const record of folder.foundRecords) {
      const name = parseRecordFile(record.file)
      if (name === undefined) continue
      const segment = segmentFile(name)
      const place = segments.has(segment) ? this.#covered : free
      const others = place.get(segment)
      if (others === undefined) place.set(segment, [record])
      else others.push(record)
    }
    for (const [segment, records] of free) this.#addFound(segment, records)
  }

  get waiting(): number {
    return this.#waiting
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  get oldestMs(): number | undefined {
    return this.#groups[0]?.sinceMs
  }

  /**
   * `writeRecords` has made these of a segment; to be called when the segment has gone (`SpoolFolder.converted`), with
   * how that was read. Never rejects.
   */
  async added({ segment, bytes }: WrittenRecords, { rest }: Pick<SegmentEnd, 'rest'>): Promise<void> {
    const { space } = this.#folder
    const found = this.#covered.get(segment) ?? []
    this.#covered.delete(segment)
    for (const record of found) space.count(-record.bytes, -1)
    // Those which an earlier making wrote and this one did not replace. Usually it cut the same messages into more
    // records; when the segment was damaged since, they may be all that is left of some.
    const others = found.filter(({ file }) => partOf(file) >= bytes.length)
    const kept = rest === 'damaged' || rest === 'unreadable' ? others : []
    const sizes = [...bytes, ...kept.map((record) => record.bytes)]
    for (const size of sizes) space.count(size, 1)
    this.#add(segment, this.#clock.now(), [...bytes.keys(), ...kept.map(({ file }) => partOf(file))], sizes)
    for (const { file } of kept.length > 0 ? [] : others) {
      await removeFile(this.#path(file), this.#folder.files).catch((error: unknown) => {
        this.#logger.warn('spool', { error: errorText(error), file: this.#path(file), effect: 'it may come twice' })
      })
    }
    if (this.#takeable > 0) this.onAdded()
  }

  takeable(): { readonly records: number; readonly encodedBytes: number } {
    return { records: this.#takeable, encodedBytes: this.#takeableEncoded }
  }

  take({ maxRecords, maxEncodedBytes }: RequestLimits): readonly WaitingRecord[] {
    const records: WaitingRecord[] = []
    let encoded = 0
    for (const group of this.#takeable > 0 ? this.#groups : []) {
      for (let next = group.peek(); next !== undefined; next = group.peek()) {
        encoded += encodedBytes(next.bytes)
        if (records.length > 0 && (records.length >= maxRecords || encoded > maxEncodedBytes)) return records
        group.take()
        this.#countTakeable(-1, next.bytes)
        records.push({ name: recordFile(group.name, next.part), bytes: next.bytes, sinceMs: group.sinceMs })
      }
    }
    return records
  }

  giveBack(records: readonly WaitingRecord[]): void {
    for (const { name, bytes } of records) {
      const found = this.#find(name)
      if (found?.group.giveBack(found.part) === true) this.#countTakeable(1, bytes)
    }
  }

  /** Rejects with `SPOOL_DAMAGED` when the file is not what was written, or whatever the file system says. */
  async read({ name, bytes }: WaitingRecord): Promise<Uint8Array> {
    const path = this.#path(name)
    const content = await this.#folder.files.readFile(path)
    if (content.length === bytes && bytes > 0) return content
    throw new KinloaderError('SPOOL_DAMAGED', `The record file ${path} is damaged; look at the disk.`)
  }

  /** Never rejects: a file which cannot be removed is told, and comes again after the next start. */
  async remove(record: WaitingRecord): Promise<void> {
    if (!this.#forget(record)) return
    try {
      await removeFile(this.#path(record.name), this.#folder.files)
      this.#folder.space.free(record.bytes, 1)
    } catch (error) {
      const effect = 'it was delivered, and will be once more after the next start'
      this.#logger.warn('spool', { error: errorText(error), file: this.#path(record.name), effect })
    }
  }

  /**
   * Rejects when it cannot be moved: then it waits as before. One for which the quarantine has no room stays where it is,
   * and is tried again after the next start.
   */
  async quarantine(record: WaitingRecord, reason: string): Promise<void> {
    const found = this.#find(record.name)
    if (found?.group.has(found.part) !== true) return
    const path = this.#path(record.name)
    const told = { error: 'A record cannot be delivered and is kept aside.', code: 'RECORD_QUARANTINED' }
    let isGone = true
    try {
      isGone = await this.#folder.quarantine.take(path, record.bytes, reason, told)
    } catch (error) {
      // Somebody has made room by hand, as a full spool asks for.
      if (errorCode(error) !== 'ENOENT') throw error
      this.#logger.error('spool', { ...told, reason, file: path, quarantine: `not moved: ${errorText(error)}` })
    }
    // Not before: one which is forgotten and still there would take its room until the next start.
    if (this.#forget(record) && isGone) this.#folder.space.free(record.bytes, 1)
  }

  #addFound(segment: string, records: readonly FoundRecord[]): void {
    const sinceMs = records.reduce((oldest, { modifiedMs }) => Math.min(oldest, modifiedMs), Infinity)
    const parts = records.map(({ file }) => partOf(file))
    this.#add(
      segment,
      sinceMs,
      parts,
      records.map(({ bytes }) => bytes),
    )
  }

  #add(segment: string, sinceMs: number, parts: readonly number[], bytes: readonly number[]): void {
    const name = parseSegmentFile(segment)
    if (name === undefined || parts.length === 0) return
    const group = new RecordGroup(name, sinceMs, parts, bytes)
    this.#bySegment.set(segment, group)
    let at = this.#groups.length
    while (at > 0 && (this.#groups[at - 1]?.name.sequence ?? 0) > name.sequence) at -= 1
    this.#groups.splice(at, 0, group)
    this.#waiting += bytes.length
    for (const size of bytes) {
      this.#waitingBytes += size
      this.#countTakeable(1, size)
    }
  }

  #countTakeable(records: 1 | -1, bytes: number): void {
    this.#takeable += records
    this.#takeableEncoded += records * encodedBytes(bytes)
  }

  /** Whether it was there. */
  #forget({ name, bytes }: WaitingRecord): boolean {
    const found = this.#find(name)
    const state = found?.group.remove(found.part)
    if (found === undefined || state === undefined) return false
    this.#waiting -= 1
    this.#waitingBytes -= bytes
    if (state === 'waiting') this.#countTakeable(-1, bytes)
    if (found.group.left === 0) {
      this.#groups.splice(this.#groups.indexOf(found.group), 1)
      this.#bySegment.delete(segmentFile(found.group.name))
    }
    return true
  }

  #find(file: string): { readonly group: RecordGroup; readonly part: number } | undefined {
    const name = parseRecordFile(file)
    const group = name && this.#bySegment.get(segmentFile(name))
    return name && group && { group, part: name.part }
  }

  #path(file: string): string {
    return join(this.#folder.recordsPath, file)
  }
}

function partOf(file: string): number {
  return parseRecordFile(file)?.part ?? 0
}

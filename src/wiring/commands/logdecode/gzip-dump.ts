import { gzipSync } from 'node:zlib'
import { beginsCloudWatch } from '../../../codecs/cloudwatch.ts'
import { type GzipMember, GzipMembers } from '../../../codecs/gzip-members.ts'
import { defaultMaxInflatedBytes, type Inflated } from '../../../codecs/inflating.ts'
import { firstObject } from '../../../codecs/log-record.ts'
import type { Dump, DumpItem } from './dump.ts'
import type { RecordOrigin } from './formats.ts'
import { looksLikeLogRecord, openInflated } from './record-entries.ts'

/**
 * A dump of bare records: gzip members one after the other, mostly a record each. A record may be several; a member
 * which begins with the data of a log record, or within an object, goes on with the record before it.
 */
export class GzipDump implements Dump {
  readonly #members = new GzipMembers()
  /** Metadata of the log record that came last, as text. */
  #metadata: Buffer | undefined
  /** Members of a record which ends inside an object as yet. */
  #cut: GzipMember[] = []
  #cutBytes = 0

  push(chunk: Buffer): Iterable<DumpItem> {
    return this.#items(this.#members.push(chunk))
  }

  quiet(): Iterable<DumpItem> {
    return this.#items(this.#members.quiet())
  }

  *end(): Generator<DumpItem, void> {
    yield* this.#items(this.#members.end())
    yield* this.#joined()
  }

  *#items(members: Iterable<GzipMember>): Generator<DumpItem, void> {
    for (const member of members) {
      const isLogRecord = looksLikeLogRecord(member.bytes)
      const goesOn = !isLogRecord && (this.#cut.length > 0 || this.#goesOn(member.bytes))
      if (!goesOn) {
        yield* this.#joined()
        this.#metadata = isLogRecord ? metadataOf(member.bytes) : undefined
      }
      const isPart = goesOn || isLogRecord
      if (
        isPart &&
        member.error === undefined &&
        endsInside(member.bytes) &&
        this.#cutBytes < defaultMaxInflatedBytes
      ) {
        this.#cut.push(member)
        this.#cutBytes += member.bytes.length
      } else if (this.#cut.length > 0) {
        this.#cut.push(member)
        yield* this.#joined()
      } else {
        yield goesOn ? this.#rest(member) : whole(member)
      }
    }
  }

  #goesOn(bytes: Buffer): boolean {
    if (this.#metadata === undefined || beginsCloudWatch(bytes)) return false
    const head = bytes.subarray(0, 65_536).toString('latin1')
    return /^\s*\{\s*"(is_done|ts|data)"/i.test(head)
  }

  /** What was held back, as one record. */
  *#joined(): Generator<DumpItem, void> {
    const members = this.#cut
    const last = members.at(-1)
    if (last === undefined) return
    this.#cut = []
    this.#cutBytes = 0
    const raw = Buffer.concat(members.map((member) => member.raw))
    const bytes = Buffer.concat(members.map((member) => member.bytes))
    const joined = last.error === undefined ? { raw, bytes } : { raw, bytes, error: last.error }
    const beginsRecord = looksLikeLogRecord(bytes)
    if (beginsRecord) this.#metadata = metadataOf(bytes)
    yield beginsRecord ? whole(joined) : this.#rest(joined)
  }

  /** A member without metadata, behind the metadata it belongs to. */
  #rest(member: GzipMember): DumpItem {
    const metadata = this.#metadata ?? Buffer.alloc(0)
    const bytes = Buffer.concat([metadata, member.bytes])
    return {
      kind: 'record',
      origin: unknown,
      line: () => lineOf(Buffer.concat([gzipSync(metadata), member.raw])),
      open: () => openInflated(inflatedOf(member, bytes)),
      continues: true,
    }
  }
}

/** A copy: the bytes go to whoever decodes them. */
function metadataOf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, firstObject(bytes).end))
}

function whole(member: GzipMember): DumpItem {
  return {
    kind: 'record',
    origin: unknown,
    line: () => lineOf(member.raw),
    open: () => openInflated(inflatedOf(member, member.bytes)),
  }
}

function inflatedOf({ error }: GzipMember, bytes: Buffer): Inflated {
  return error === undefined ? { bytes } : { bytes, error }
}

/** The last byte of a whole object is its brace. */
function endsInside(bytes: Buffer): boolean {
  let last = bytes.length - 1
  while (last >= 0 && [0x0a, 0x20, 0x0d, 0x09].includes(bytes[last] ?? 0)) last--
  return last >= 0 && bytes[last] !== 0x7d
}

/** A dump of bare records says nothing about them. */
const unknown: RecordOrigin = { arrivalTime: '', partitionKey: '', sequenceNumber: '' }

function lineOf(raw: Buffer): Buffer {
  return Buffer.from(
    `{"arrival_time":"0001-01-01T00:00:00Z","partition_key":"","seq":"","data":"${raw.toString('base64')}"}\n`,
  )
}

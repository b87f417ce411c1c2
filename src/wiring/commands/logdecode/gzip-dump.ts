import { gzipSync } from 'node:zlib'
import { beginsCloudWatch } from '../../../codecs/cloudwatch.ts'
import { type GzipMember, GzipMembers } from '../../../codecs/gzip-members.ts'
import { defaultMaxInflatedBytes, type Inflated } from '../../../codecs/inflating.ts'
import { beginsLogRecord, firstObject } from '../../../codecs/log-record.ts'
import type { Dump, DumpItem } from './dump.ts'
import type { RecordOrigin } from './formats.ts'
import { OpenObjects } from './open-objects.ts'
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
  #objects = new OpenObjects()

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
      const { bytes, error } = member
      const isStart = beginsLogRecord(bytes)
      const goesOn = !isStart && (this.#cut.length > 0 || this.#goesOn(bytes))
      if (!goesOn) {
        yield* this.#joined()
        this.#metadata = isStart ? metadataOf(bytes) : undefined
      }
      const isPart = goesOn || isStart || looksLikeLogRecord(bytes)
      const isOpen = isPart && this.#objects.isOpenAfter(bytes)
      if (isOpen && error === undefined && this.#cutBytes < defaultMaxInflatedBytes) {
        this.#cut.push(member)
        // Hostile members may be empty, and each takes memory of its own.
        this.#cutBytes += bytes.length + member.raw.length + memberBytes
      } else if (this.#cut.length > 0) {
        this.#cut.push(member)
        yield* this.#joined()
      } else {
        this.#objects = new OpenObjects()
        yield goesOn ? this.#rest(member) : whole(member)
      }
    }
  }

  #goesOn(bytes: Buffer): boolean {
    if (this.#metadata === undefined || beginsCloudWatch(bytes)) return false
    const head = bytes.subarray(0, 65_536).toString('latin1')
    // It may end within the first key, or before it.
    return /^\s*(\{\s*("(is_done|ts|data)"|("[a-z_]*)?$)|$)/i.test(head)
  }

  /** What was held back, as one record. */
  *#joined(): Generator<DumpItem, void> {
    const members = this.#cut
    const last = members.at(-1)
    this.#objects = new OpenObjects()
    if (last === undefined) return
    this.#cut = []
    this.#cutBytes = 0
    const raw = Buffer.concat(members.map((member) => member.raw))
    const bytes = Buffer.concat(members.map((member) => member.bytes))
    const joined = last.error === undefined ? { raw, bytes } : { raw, bytes, error: last.error }
    if (beginsLogRecord(bytes)) {
      this.#metadata = metadataOf(bytes)
      yield whole(joined)
    } else {
      yield this.#metadata === undefined ? whole(joined) : this.#rest(joined)
    }
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

/** About what a member takes besides its bytes. */
const memberBytes = 1024

/** A dump of bare records says nothing about them. */
const unknown: RecordOrigin = { arrivalTime: '', partitionKey: '', sequenceNumber: '' }

function lineOf(raw: Buffer): Buffer {
  return Buffer.from(
    `{"arrival_time":"0001-01-01T00:00:00Z","partition_key":"","seq":"","data":"${raw.toString('base64')}"}\n`,
  )
}

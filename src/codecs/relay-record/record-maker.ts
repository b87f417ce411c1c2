import type { IdentifiedBlock } from '../../core/message-block.ts'
import type { Counters } from '../../core/metrics.ts'
import { idOf } from '../message-ids.ts'
import type { Zone } from '../syslog-time/zone.ts'
import { EventBytes } from './event-bytes.ts'
import { EventHead } from './event-head.ts'
import { EventTimes } from './event-times.ts'
import type { MadeRecords, UnfitMessage } from './made-records.ts'
import { type Member, packed } from './packing.ts'
import { Parts } from './parts.ts'

export interface RecordMakerOptions {
  /** AWS account, twelve digits. */
  readonly owner: string
  /** `/kinesyslog` makes the log group `/kinesyslog/syslog/514`. */
  readonly groupPrefix: string
  /** The zone of times without one, as those of RFC 3164: its IANA name, or itself, which keeps what it found out. */
  readonly timeZone: string | Zone
  /** Of a record, compressed, before base64. Default 1,024,000, which Firehose takes. */
  readonly maxRecordBytes?: number
  /** Whether a record may hold several gzip members. Default false: one record is one member is one JSON object. */
  readonly packs?: boolean
  /** 1 to 9. Default 1. */
  readonly gzipLevel?: number
  /** Memory which several makers use, one after the other; default its own. It grows to some 12 MB. */
  readonly events?: EventBytes
  /** `records`, `quarantined.too_large`, `invalid_utf8`, `time_fallback.…`, `gelf_invalid.…`, `gelf_timestamp_text`. */
  readonly counters: Counters
}

/**
 * Makes Firehose records of accepted messages: for each sender's address, port and format one object in the shape of a
 * CloudWatch Logs subscription, gzipped by itself, and more than one where it would be too large.
 *
 *     gzip( {"owner":"123456789012","logGroup":"/kinesyslog/syslog/514","logStream":"127.0.0.1",
 *            "subscriptionFilters":["/kinesyslog/syslog/514"],"messageType":"DATA_MESSAGE",
 *            "logEvents":[{"id":"363f…","timestamp":1519247270240,"message":"text"},…]} )
 *
 * The same blocks in the same order, with the same options, make the same bytes: after a crash it can be done again. It
 * blocks for as long as compression takes, so it belongs into a thread of its own. Its memory is the blocks, the records
 * and some 12 MB of JSON at a time.
 */
export class RecordMaker {
  readonly #options: Required<Omit<RecordMakerOptions, 'events'>>
  readonly #times: EventTimes
  readonly #groups = new Map<string, Group>()
  readonly #eventHead = new EventHead()
  readonly #events: EventBytes
  #members: Member[] = []
  #unfit: UnfitMessage[] = []

  /** Throws `BAD_TIME_ZONE`. */
  constructor(options: RecordMakerOptions) {
    this.#options = { maxRecordBytes: 1_024_000, packs: false, gzipLevel: 1, ...options }
    this.#times = new EventTimes(options.timeZone, options.counters)
    this.#events = options.events ?? new EventBytes()
  }

  /** Keeps the block until `finish`; its bytes must stay as they are until then. */
  add(block: IdentifiedBlock): void {
    const key = `${block.format} ${block.port} ${block.address}`
    const group = this.#groups.get(key)
    if (group === undefined) this.#groups.set(key, { head: this.#headOf(block), blocks: [block] })
    else group.blocks.push(block)
  }

  /** The records of all blocks added since the last time; groups in the order in which they began. */
  finish(): MadeRecords {
    const { counters, packs, maxRecordBytes } = this.#options
    this.#members = []
    this.#unfit = []
    for (const group of this.#groups.values()) this.#makeMembers(group)
    this.#groups.clear()
    const records = packs ? packed(this.#members, maxRecordBytes) : this.#members
    counters.add('records', records.length)
    return { records, unfit: this.#unfit }
  }

  #makeMembers({ head, blocks }: Group): void {
    const { maxRecordBytes, gzipLevel, counters } = this.#options
    const parts = new Parts(this.#events, { head, maxBytes: maxRecordBytes, gzipLevel })
    this.#events.clear(head.length)
    let taken = 0
    const take = (): void => {
      const { member, count, plainBytes } = parts.take()
      if (member !== undefined) this.#members.push({ bytes: member, events: count, plainBytes })
      else this.#setAside(blocks, taken)
      taken += count
    }
    for (const { format, firstId, receivedMs, messages } of blocks) {
      const { bytes, bounds, count } = messages
      this.#eventHead.begin(firstId)
      for (let index = 0; index < count; index++) {
        const start = bounds[2 * index] ?? 0
        const end = bounds[2 * index + 1] ?? 0
        this.#eventHead.setTime(this.#times.timeOf(format, bytes, start, end, receivedMs))
        if (!this.#events.add(this.#eventHead.bytes, bytes, start, end)) counters.add('invalid_utf8')
        this.#eventHead.countUp()
        if (this.#events.byteLength < maxRecordBytes * windowRecords) continue
        take()
        parts.drop()
      }
    }
    while (parts.left > 0) take()
  }

  #headOf({ format, port, address }: IdentifiedBlock): Uint8Array {
    const { owner, groupPrefix } = this.#options
    const group = JSON.stringify(`${groupPrefix}/${format}/${port}`)
    return Buffer.from(
      `{"owner":${JSON.stringify(owner)},"logGroup":${group},"logStream":${JSON.stringify(address)},` +
        `"subscriptionFilters":[${group}],"messageType":"DATA_MESSAGE","logEvents":[`,
    )
  }

  #setAside(blocks: readonly IdentifiedBlock[], index: number): void {
    this.#options.counters.add('quarantined.too_large')
    for (const { firstId, messages } of blocks) {
      const { count } = messages
      if (index < count) {
        const { bytes, bounds } = messages
        this.#unfit.push({
          id: idOf(firstId, index),
          bytes: bytes.subarray(bounds[2 * index], bounds[2 * index + 1]),
        })
        return
      }
      index -= count
    }
  }
}

/** What becomes one JSON object. */
interface Group {
  /** What precedes its events. */
  readonly head: Uint8Array
  readonly blocks: IdentifiedBlock[]
}

/** JSON which waits until it is compressed, in sizes of a record: logs seldom compress better than that. Our own readers
 * take 32 MiB of one record. */
const windowRecords = 12

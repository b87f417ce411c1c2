import { gzip, gzipSync } from 'node:zlib'
import { promisify } from 'node:util'
import { metadataLine } from '../../codecs/log-record-encoding.ts'
import { partitionKeyOf } from '../../codecs/partition-key.ts'
import type { LogEvent } from '../../core/event.ts'
import { type EventGroup, metadataOf, type RecordMetadata } from './event-batch.ts'
import { maxRecordEvents, maxRecordTextBytes } from './limits.ts'

/** A record as it is put. */
export interface PackedRecord {
  readonly data: Uint8Array
  readonly partitionKey: string
  /** Events in it. */
  readonly events: number
  /** What counts against Kinesis's limits: data and key. */
  readonly bytes: number
  /** Records of the same chain are put one after the other, because their order matters. */
  readonly chain: string | undefined
}

/** How a batch was cut into records: enough, with its events, to make the same records again. */
export interface PackingPlan {
  readonly encId: string
  /** What the ids of the records begin with. */
  readonly batchId: string
  /** In the order of the records: number of the group, number of events, block id (`0` for whole events). */
  readonly records: readonly (readonly [group: number, events: number, blockId: string])[]
}

export interface PackingOptions {
  /** Drawn once a process; in every record. */
  readonly encId: bigint
  /** Bytes of data and key which no record may exceed. */
  readonly maxRecordBytes: number
  /** The next block id of an unbroken stream. */
  readonly nextBlockId: (metadata: RecordMetadata) => bigint
  /** Default zlib's, in its threads, so that the program's own work goes on. */
  readonly compress?: (text: Buffer) => Promise<Uint8Array>
}

const gzipInThread = promisify(gzip)

/**
 * Level 6: a record is compressed once, paid for by its size and read by every consumer. More memory for zlib's tables
 * than usual makes it faster, not smaller.
 */
export const gzipOptions = { level: 6, memLevel: 9 } as const

/** Makes records of groups of events. Knows how well the last ones compressed, and aims with that. */
export class Packing {
  readonly #options: PackingOptions
  readonly #compress: (text: Buffer) => Promise<Uint8Array>
  /** Compressed size over text, of the last records. */
  #ratio = 0.5

  constructor(options: PackingOptions) {
    this.#options = options
    this.#compress = options.compress ?? ((text) => gzipInThread(text, gzipOptions))
  }

  /**
   * Cuts groups into records of about `targetBytes` and never more than the limit: what turns out too large is cut in
   * two and compressed again. `batchId` and a number become each record's id.
   */
  async pack(
    batchId: string,
    groups: readonly EventGroup[],
    targetBytes: number,
  ): Promise<{ readonly records: readonly PackedRecord[]; readonly plan: PackingPlan }> {
    const records: PackedRecord[] = []
    const planned: (readonly [number, number, string])[] = []
    for (const [number, group] of groups.entries()) {
      const rest = [...group.lines]
      while (rest.length > 0) {
        // Anew for each record: the one before has shown how well this text compresses.
        const count = nextPiece(rest, Math.max(1, targetBytes / this.#ratio))
        const id = `${batchId}-${records.length}`
        const blockId = group.metadata.unbroken ? this.#options.nextBlockId(group.metadata) : 0n
        const make = (events: number): Promise<PackedRecord> =>
          this.#record(group.metadata, rest.slice(0, events), id, this.#options.encId, blockId)
        let record = await make(count)
        while (record.bytes > this.#options.maxRecordBytes && record.events > 1) {
          record = await make(Math.ceil(record.events / 2))
        }
        rest.splice(0, record.events)
        records.push(record)
        planned.push([number, record.events, String(blockId)])
      }
    }
    return { records, plan: { encId: String(this.#options.encId), batchId, records: planned } }
  }

  /** The same records as when the plan was made. */
  async repack(groups: readonly EventGroup[], plan: PackingPlan): Promise<readonly PackedRecord[]> {
    const records: PackedRecord[] = []
    const taken = groups.map(() => 0)
    for (const [number, events, blockId] of plan.records) {
      const group = groups[number]
      const from = taken[number] ?? 0
      if (group === undefined) continue
      taken[number] = from + events
      const id = `${plan.batchId}-${records.length}`
      const lines = group.lines.slice(from, from + events)
      records.push(await this.#record(group.metadata, lines, id, BigInt(plan.encId), BigInt(blockId)))
    }
    return records
  }

  /** Whether an event's line alone fits into a record. Measured where it is not plain to see. */
  fits(event: LogEvent, line: string): boolean {
    const { maxRecordBytes, encId } = this.#options
    const { source = '', sourcetype = '', host = '', index = '' } = event
    // JSON makes at most six bytes of a character.
    const head = 6 * (source.length + sourcetype.length + host.length + index.length)
    if (line.length + head + 8192 < maxRecordBytes) return true
    const metadata = metadataOf(event)
    const text = textOf(metadata, [line], encId, 2n ** 63n, '')
    if (text.length + maxIdBytes > maxRecordTextBytes) return false
    return gzipSync(text, gzipOptions).length + maxIdBytes + maxKeyBytes <= maxRecordBytes
  }

  async #record(
    metadata: RecordMetadata,
    lines: readonly string[],
    batchId: string,
    encId: bigint,
    blockId: bigint,
  ): Promise<PackedRecord> {
    const text = textOf(metadata, lines, encId, blockId, batchId)
    const data = await this.#compress(text)
    this.#ratio += 0.5 * (data.length / text.length - this.#ratio)
    const partitionKey = partitionKeyOf(metadata)
    return {
      data,
      partitionKey,
      events: lines.length,
      bytes: data.length + Buffer.byteLength(partitionKey),
      chain: metadata.unbroken ? partitionKey : undefined,
    }
  }
}

function textOf(
  metadata: RecordMetadata,
  lines: readonly string[],
  encId: bigint,
  blockId: bigint,
  batchId: string,
): Buffer {
  const head = Buffer.from(metadataLine({ ...metadata, encId, blockId, batchId }))
  return Buffer.concat([head, Buffer.from(lines.join(''), 'latin1')])
}

/** A batch id with its JSON, and digits of other ids which compress worse than those measured. */
const maxIdBytes = 96

/** `unbroken-` and an MD5 in hexadecimal, which is longer than `broken-` and 19 digits. */
const maxKeyBytes = 41

/** How many lines make the next of so many even pieces of about `textBytes`, within what a record may hold. */
function nextPiece(lines: readonly string[], textBytes: number): number {
  const bytes = lines.reduce((sum, line) => sum + line.length, 0)
  const wanted = Math.min(textBytes, maxRecordTextBytes / 2)
  const share = bytes / Math.ceil(bytes / wanted)
  let held = 0
  let count = 0
  for (const line of lines) {
    if (count > 0 && (held + line.length / 2 > share || count === maxRecordEvents)) break
    held += line.length
    count += 1
  }
  return count
}

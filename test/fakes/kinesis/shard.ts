import type { HashRange } from './hash-range.ts'
import { encodeSequence, endIndex } from './sequence.ts'

export interface StoredRecord {
  /** 1 for the first record of its shard; without holes. */
  readonly index: number
  readonly sequenceNumber: string
  readonly data: Uint8Array
  readonly partitionKey: string | undefined
  /** True time, for retention. */
  readonly storedMs: number
  /** What readers are told; may go backwards. */
  readonly arrivalMs: number
  /** Data and partition key: what counts against limits. */
  readonly bytes: number
}

export interface ShardOptions {
  number: number
  range: HashRange
  /** None, one (split) or two (merge: parent, adjacent parent). */
  parents: readonly string[]
  createdMs: number
  incarnation: number
}

/** One shard: records in order, oldest dropped by retention, closed once and for all by a reshard. */
export class Shard {
  readonly id: string
  readonly number: number
  readonly range: HashRange
  readonly parents: readonly string[]
  readonly createdMs: number
  readonly #incarnation: number
  readonly #records: StoredRecord[] = []
  #nextIndex = 1
  #closedMs: number | undefined

  constructor(options: ShardOptions) {
    this.number = options.number
    this.id = shardIdOf(options.number)
    this.range = options.range
    this.parents = options.parents
    this.createdMs = options.createdMs
    this.#incarnation = options.incarnation
  }

  get isOpen(): boolean {
    return this.#closedMs === undefined
  }

  get closedMs(): number | undefined {
    return this.#closedMs
  }

  /** Where the next record will be: the position of LATEST. */
  get nextIndex(): number {
    return this.#nextIndex
  }

  get records(): readonly StoredRecord[] {
    return this.#records
  }

  get startingSequenceNumber(): string {
    return this.#sequence(0, this.createdMs)
  }

  get endingSequenceNumber(): string | undefined {
    return this.#closedMs === undefined ? undefined : this.#sequence(endIndex, this.#closedMs)
  }

  /** Whether a sequence number with these parts was made here. */
  made(parts: { createdSeconds: number; incarnation: number; shardNumber: number }): boolean {
    return (
      parts.shardNumber === this.number &&
      parts.incarnation === this.#incarnation % 4096 &&
      parts.createdSeconds === Math.floor(this.createdMs / 1000)
    )
  }

  append(data: Uint8Array, partitionKey: string | undefined, storedMs: number, arrivalMs: number): StoredRecord {
    if (!this.isOpen) throw new Error(`${this.id} is closed`)
    const index = this.#nextIndex++
    const sequenceNumber = this.#sequence(index, storedMs)
    const bytes = recordBytes(data, partitionKey)
    const record = { index, sequenceNumber, data, partitionKey, storedMs, arrivalMs, bytes }
    this.#records.push(record)
    return record
  }

  close(nowMs: number): void {
    this.#closedMs = nowMs
  }

  /** Drops what was stored before `horizonMs`. */
  trim(horizonMs: number): void {
    let count = 0
    while ((this.#records[count]?.storedMs ?? Infinity) < horizonMs) count++
    if (count > 0) this.#records.splice(0, count)
  }

  /** Records from a position on: at least one if there is any, then as many as both limits allow. */
  read(fromIndex: number, maxRecords: number, maxBytes: number): { records: StoredRecord[]; nextIndex: number } {
    const firstIndex = this.#nextIndex - this.#records.length
    const from = Math.max(0, fromIndex - firstIndex)
    let to = from
    let bytes = 0
    for (let record = this.#records[to]; record !== undefined && to - from < maxRecords; record = this.#records[to]) {
      if (to > from && bytes + record.bytes > maxBytes) break
      bytes += record.bytes
      to++
    }
    return { records: this.#records.slice(from, to), nextIndex: Math.max(fromIndex, firstIndex + to) }
  }

  #sequence(index: number, storedMs: number): string {
    return encodeSequence({
      createdSeconds: Math.floor(this.createdMs / 1000),
      index,
      incarnation: this.#incarnation,
      storedSeconds: Math.floor(storedMs / 1000),
      shardNumber: this.number,
    })
  }
}

export function shardIdOf(number: number): string {
  return `shardId-${String(number).padStart(12, '0')}`
}

export function recordBytes(data: Uint8Array, partitionKey: string | undefined): number {
  return data.length + (partitionKey === undefined ? 0 : Buffer.byteLength(partitionKey))
}

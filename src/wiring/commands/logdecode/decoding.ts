import { errorText } from '../../../core/errors.ts'
import type { LogRecordMetadata } from '../../../codecs/log-record.ts'
import type { BadRecords } from './bad-records.ts'
import type { DumpItem } from './dump.ts'
import type { EventFormat, RecordOrigin } from './formats.ts'
import { OutputBytes } from './output-bytes.ts'
import type { RecordEntries } from './record-entries.ts'
import type { Repeats } from '../../../core/repeats.ts'
import type { Target } from './target.ts'

export interface DecodingParts {
  readonly format: EventFormat
  readonly target: Target
  readonly bad: BadRecords
  readonly repeats?: Repeats | undefined
}

/** The way of each item of a dump to where its events go. */
export class Decoding {
  /** Records read, bad ones included. */
  records = 0
  events = 0
  readonly #format: EventFormat
  readonly #target: Target
  readonly #bad: BadRecords
  readonly #output = new OutputBytes()
  #metadata: LogRecordMetadata | undefined
  #place = ''
  readonly #repeats: Repeats | undefined
  #isRepeat = false

  /** `repeats`: records of batches which have come already are dropped. Absent: none is. */
  constructor({ format, target, bad, repeats }: DecodingParts) {
    this.#format = format
    this.#target = target
    this.#bad = bad
    this.#repeats = repeats
  }

  /** Throws `BAD_RECORD` when bad records end the run, and what writing throws. */
  async take(item: DumpItem): Promise<void> {
    if (item.kind === 'damage') {
      this.#bad.keep(item.bytes)
      if (!item.ends) return
      this.records++
      this.#tell('Failed to decode record', item.error)
      return
    }
    if (item.continues !== true) this.records++
    const { origin } = item
    let entries: RecordEntries
    try {
      entries = item.open()
    } catch (error) {
      this.#bad.keep(item.line())
      this.#tell('Failed to create log record decoder', error, origin)
      return
    }
    try {
      await this.#decode(entries, item)
    } finally {
      entries.free()
    }
  }

  /** Writes what has been put together so far. */
  async flush(): Promise<void> {
    const output = this.#output
    if (output.length === 0) return
    const bytes = output.taken()
    // Should the write fail, a later flush must not repeat it.
    output.length = 0
    await this.#target.write(this.#place, bytes)
    output.clear()
  }

  async #decode(entries: RecordEntries, { origin, line, continues }: DumpItem & { kind: 'record' }): Promise<void> {
    const batchId = entries.metadata?.batchId
    if (continues !== true) this.#isRepeat = batchId !== undefined && this.#repeats?.has(batchId) === true
    if (this.#isRepeat) return
    await this.#write(entries, origin)
    if (entries.error === undefined) {
      if (batchId !== undefined) this.#repeats?.remember(batchId)
      return
    }
    this.#bad.keep(line())
    const isBegun = entries.metadata !== undefined
    this.#tell(isBegun ? 'Failed to decode log record' : 'Failed to create log record decoder', entries.error, origin)
  }

  async #write(entries: RecordEntries, origin: RecordOrigin): Promise<void> {
    while (entries.next()) {
      const { metadata } = entries
      if (metadata !== this.#metadata && metadata !== undefined) {
        const place = this.#target.placeOf(metadata)
        if (place !== this.#place) await this.flush()
        this.#place = place
        this.#metadata = metadata
      }
      if (!this.#format.append(this.#output, entries, origin)) return
      this.events++
      if (this.#output.length >= flushBytes) await this.flush()
    }
  }

  #tell(problem: string, error: unknown, origin?: RecordOrigin): void {
    const number = `record ${this.records}`
    const where =
      origin === undefined || origin.sequenceNumber === ''
        ? number
        : `${number}, sequence number ${origin.sequenceNumber}`
    this.#bad.tell(where, `${problem}: ${errorText(error)}`)
  }
}

const flushBytes = 256 * 1024

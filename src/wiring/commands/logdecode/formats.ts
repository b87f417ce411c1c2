import { isAscii } from 'node:buffer'
import type { DumpedRecord } from '../../../codecs/dump-line.ts'
import { goString, goTime, goZeroTime } from '../../../codecs/go-json.ts'
import type { LogRecordMetadata } from '../../../codecs/log-record.ts'
import type { OutputBytes } from './output-bytes.ts'
import type { RecordEntries } from './record-entries.ts'

/** How events are printed. */
export interface EventFormat {
  /** Appends the event at which `entries` stands. False, with nothing appended, when it turns out to be damaged. */
  append(output: OutputBytes, entries: RecordEntries, record: RecordOrigin): boolean
}

/** What the dump says about a record. */
export type RecordOrigin = Omit<DumpedRecord, 'data'>

/** The events' bytes, each with a line feed at its end; that of a chunk which goes on is left as it is. */
export const rawFormat: EventFormat = {
  append(output, entries) {
    output.reserve(entries.size + 1)
    const start = output.length
    const { bytes } = output
    let end = entries.write(bytes, start)
    if (end < 0) return false
    const goesOn = entries.metadata?.unbroken === true && !entries.done
    if (end > start && bytes[end - 1] !== lineFeed && !goesOn) bytes[end++] = lineFeed
    output.length = end
    return true
  },
}

/**
 * One JSON object an event, with all that is known of it and its record; keys and their order are fixed. `indent`: over
 * several lines.
 */
export class JsonFormat implements EventFormat {
  readonly #indent: boolean
  #event = Buffer.allocUnsafeSlow(65_536)
  #metadata: LogRecordMetadata | undefined
  #record: RecordOrigin | undefined
  #beforeTime = ''
  #beforeEvent = ''
  #afterEvent = ''

  constructor({ indent = false } = {}) {
    this.#indent = indent
  }

  append(output: OutputBytes, entries: RecordEntries, record: RecordOrigin): boolean {
    const { size, metadata, timeText } = entries
    if (this.#event.length < size) this.#event = Buffer.allocUnsafeSlow(size * 2)
    const end = entries.write(this.#event, 0)
    if (end < 0) return false
    if (metadata !== this.#metadata || record !== this.#record) this.#begin(metadata, record)
    const bytes = this.#event.subarray(0, end)
    const text = isAscii(bytes) ? bytes.toString('latin1') : bytes.toString()
    const time = (timeText === undefined ? undefined : goTime(timeText)) ?? 'null'
    output.append(this.#beforeTime + time + this.#beforeEvent + goString(text) + this.#afterEvent)
    return true
  }

  /** What is the same for all events of the record. */
  #begin(metadata: LogRecordMetadata | undefined, record: RecordOrigin): void {
    const {
      unbroken = false,
      source = '',
      sourcetype = '',
      host = '',
      index = '',
      encId = 0n,
      blockId = 0n,
    } = metadata ?? {}
    const [start, colon, comma, end] = this.#indent ? ['{\n  ', ': ', ',\n  ', '\n}\n'] : ['{', ':', ',', '}\n']
    const before = [
      ['unbroken', String(unbroken)],
      ['source', goString(source)],
      ['sourcetype', goString(sourcetype)],
      ['host', goString(host)],
      ['index', goString(index)],
      ['enc_id', String(encId)],
      ['block_id', String(blockId)],
    ].map(([key = '', value = '']) => `"${key}"${colon}${value}${comma}`)
    const after = [
      ['approx_arrival_time', goTime(record.arrivalTime) ?? goZeroTime],
      ['partition_key', goString(record.partitionKey)],
      ['seq', goString(record.sequenceNumber)],
    ].map(([key = '', value = '']) => `${comma}"${key}"${colon}${value}`)
    this.#beforeTime = `${start}${before.join('')}"log_timestamp"${colon}`
    this.#beforeEvent = `${comma}"event"${colon}`
    this.#afterEvent = `${after.join('')}${end}`
    this.#metadata = metadata
    this.#record = record
  }
}

const lineFeed = 0x0a

import { beginsCloudWatch, decodeInflatedCloudWatch } from '../../../codecs/cloudwatch.ts'
import { type Inflated, inflate, isGzip } from '../../../codecs/inflating.ts'
import { LogRecordEntries } from '../../../codecs/log-record-entries.ts'
import { beginsLogRecord, type LogRecordMetadata } from '../../../codecs/log-record.ts'
import { KinloaderError } from '../../../core/errors.ts'
import { EventEntries } from './event-entries.ts'
import { TextEntries } from './text-entries.ts'

/** The events in the payload of one Kinesis record, one after the other, whatever format it has. */
export interface RecordEntries {
  /** Of the event it stands at; before the first `next` that of the record. Undefined when there is none. */
  readonly metadata: LogRecordMetadata | undefined
  /** No less than the bytes of the event it stands at. */
  readonly size: number
  /** RFC 3339, or something that is no time; undefined when no time is known. */
  readonly timeText: string | undefined
  readonly done: boolean
  /** To be asked when there is no more. */
  readonly error: Error | undefined
  /** Goes to the next event; false at the end, and at the damage. */
  next(): boolean
  /** Writes the event's bytes and returns where they end; -1 at the damage. */
  write(target: Buffer, offset: number): number
  /** Gives its memory back. */
  free(): void
}

/** Told apart by how they begin: log record, CloudWatch Logs message, else gzip of any text. */
export function openRecord(payload: Uint8Array): RecordEntries {
  if (!isGzip(payload)) throw new KinloaderError('NO_GZIP', 'the record is no gzip')
  return openInflated(inflate(payload))
}

export function openInflated(inflated: Inflated): RecordEntries {
  const { bytes } = inflated
  if (looksLikeLogRecord(bytes)) return new LogRecordEntries(inflated)
  if (beginsCloudWatch(bytes)) return new EventEntries(decodeInflatedCloudWatch(inflated))
  return new TextEntries(inflated)
}

/** Whether it is one, or has been one before it was cut. */
export function looksLikeLogRecord(bytes: Buffer): boolean {
  const beginning = bytes.toString('latin1', 0, usualBeginning.length)
  return (beginning !== '' && usualBeginning.startsWith(beginning)) || beginsLogRecord(bytes)
}

const usualBeginning = '{"unbroken":'

import type { Decoder } from '../core/codec.ts'
import { errorText, KinloaderError } from '../core/errors.ts'
import type { EventTime, LogEvent } from '../core/event.ts'
import { type Inflated, inflate } from './inflating.ts'
import { jsonValueEnd, skipJsonSpace } from './json-objects.ts'
import { maxEvents, tooManyEvents } from './event-limit.ts'
import { Messages } from './messages.ts'
import { parseRfc3339, Rfc3339Reader } from './rfc3339.ts'

/**
 * The log record: what the log sender puts into Kinesis, one gzip stream of JSON objects.
 *
 *     gzip( {"unbroken":…,"source":…,"sourcetype":…,"host":…,"index":…,"enc_id":…,"block_id":…,"batch_id":"…"} \n
 *           {"is_done":true,"ts":"2017-05-01T12:00:00.123456789Z","data":"c2Vjb25kCg=="} \n
 *           … )                    batch_id and ts may be absent, data is padded base64 of the event's bytes
 *
 * White space between objects is optional, keys match in any case, unknown ones are ignored, missing ones are zero
 * values. Each data object is one event; its message is a string when it is ASCII, else its bytes as they were sent.
 */
export const logRecordDecoder: Decoder<LogEvent> = { name: 'log-record', decode: (payload) => decodeLogRecord(payload) }

/** What is said once for all events of a record. An empty string is "not said". */
export interface LogRecordMetadata {
  /** The data are chunks of a stream which still has to be cut into events. */
  readonly unbroken: boolean
  readonly source: string
  readonly sourcetype: string
  readonly host: string
  readonly index: string
  /** Chosen once per process of the sender; up to 2^63-2, which no number holds. */
  readonly encId: bigint
  /** Counts the records of an unbroken stream from 1; 0 otherwise. */
  readonly blockId: bigint
  /** The same in every record with the same events, which a sender may have put twice. Old senders say none. */
  readonly batchId?: string
}

export interface DecodedLogRecord {
  /** Absent when the record broke before it was complete. */
  readonly metadata?: LogRecordMetadata
  readonly items: readonly LogEvent[]
  /** `GZIP_DAMAGED`, `INFLATE_LIMIT` or `LOG_RECORD_DAMAGED`. */
  readonly error?: Error
  /** That of the metadata. */
  readonly batchId?: string
}

/** Metadata of the sender's connectivity probe, a record that is no data. */
export const probeMark = '__null__'

export function decodeLogRecord(payload: Uint8Array, maxInflatedBytes?: number): DecodedLogRecord {
  return decodeInflatedLogRecord(inflate(payload, maxInflatedBytes))
}

/** The same for a payload which is inflated already. */
export function decodeInflatedLogRecord(inflated: Inflated): DecodedLogRecord {
  const { bytes } = inflated
  // One character a byte: positions in the text are positions in the bytes, and searching it is a memchr.
  const text = bytes.toString('latin1')
  const first = nextObject(bytes, text, 0)
  const metadata = first.object === undefined ? undefined : metadataOf(first.object)
  if (metadata === undefined) {
    return { items: [], error: inflated.error ?? first.error ?? damaged(0, 'the first object is no metadata') }
  }
  const data = readData(bytes, text, first.end, true) ?? readData(bytes, text, first.end, false)
  const error = inflated.error ?? data?.error
  const items = data === undefined || isProbe(metadata) ? [] : eventsOf(metadata, data)
  const { batchId } = metadata
  return { metadata, items, ...(error !== undefined && { error }), ...(batchId !== undefined && { batchId }) }
}

/** Whether inflated bytes begin with the metadata of a log record, told by keys which no other format has. */
export function beginsLogRecord(bytes: Buffer): boolean {
  // Metadata is a few hundred bytes; a first object that does not end soon is something else.
  for (const size of [4096, 65_536]) {
    const head = bytes.subarray(0, size)
    const { object } = nextObject(head, head.toString('latin1'), 0)
    if (object !== undefined) return object.has('unbroken') && object.has('enc_id') && object.has('block_id')
  }
  return false
}

/** The data objects of a record: events as soon as the base64 of all of them is decoded in one go. */
interface RecordData {
  readonly times: readonly (EventTime | undefined)[]
  readonly done: readonly boolean[]
  /** Where each event's padded base64 ends in the whole, and how many of its characters are padding. */
  readonly ends: readonly number[]
  readonly paddings: readonly number[]
  readonly decoded: Buffer
  readonly error?: KinloaderError
}

/**
 * Collects the data objects from `at` on. One `Buffer.from` for a whole record costs a third of one for each event:
 * padding is replaced by `A`, so that each event keeps its own groups of four and ends in bytes that are not used.
 *
 * With `trusting`, an object in the exact form the sender writes is read without `JSON.parse`, and its base64 is not
 * looked at. When it turns out not to be base64 the result is undefined, and the caller reads again without trust.
 */
function readData(bytes: Buffer, text: string, at: number, trusting: boolean): RecordData | undefined {
  const times: (EventTime | undefined)[] = []
  const done: boolean[] = []
  const ends: number[] = []
  const paddings: number[] = []
  const reader = new Rfc3339Reader()
  let base64 = ''
  let error: KinloaderError | undefined

  for (at = skipJsonSpace(text, at); at < text.length; at = skipJsonSpace(text, at)) {
    if (ends.length === maxEvents) {
      error = tooManyEvents()
      break
    }
    let time: EventTime | undefined
    let dataStart = -1
    let dataEnd = -1
    if (trusting) {
      if (text.startsWith(doneWithTime, at)) {
        const timeStart = at + doneWithTime.length
        const timeEnd = text.indexOf('"', timeStart)
        if (text.startsWith(thenData, timeEnd)) {
          time = reader.parse(text, timeStart, timeEnd)
          if (time !== undefined) dataStart = timeEnd + thenData.length
        }
      } else if (text.startsWith(doneWithData, at)) {
        dataStart = at + doneWithData.length
      }
      if (dataStart > 0) dataEnd = text.indexOf('"', dataStart)
    }
    if (dataEnd > 0 && (dataEnd - dataStart) % 4 === 0 && text.charCodeAt(dataEnd + 1) === closingBrace) {
      const padding = paddingOf(text, dataStart, dataEnd)
      base64 += text.slice(dataStart, dataEnd - padding)
      if (padding > 0) base64 += padding === 1 ? 'A' : 'AA'
      times.push(time)
      done.push(true)
      paddings.push(padding)
      at = dataEnd + 2
    } else {
      const next = nextObject(bytes, text, at)
      const data = next.object === undefined ? undefined : dataOf(next.object)
      if (data === undefined) {
        error = next.error ?? damaged(at, 'an object is no data')
        break
      }
      const padding = paddingOf(data.base64, 0, data.base64.length)
      base64 += data.base64.slice(0, data.base64.length - padding) + 'A'.repeat(padding)
      times.push(data.time)
      done.push(data.done)
      paddings.push(padding)
      at = next.end
    }
    ends.push(base64.length)
  }

  const decoded = Buffer.from(base64, 'base64')
  // Node leaves out what is not base64, so a strange character anywhere makes the result short.
  if (trusting && decoded.length !== (base64.length / 4) * 3) return undefined
  return { times, done, ends, paddings, decoded, ...(error && { error }) }
}

const doneWithTime = '{"is_done":true,"ts":"'
const doneWithData = '{"is_done":true,"data":"'
const thenData = '","data":"'
const closingBrace = 0x7d
const equalsSign = 0x3d

function paddingOf(text: string, start: number, end: number): number {
  if (start === end || text.charCodeAt(end - 1) !== equalsSign) return 0
  return text.charCodeAt(end - 2) === equalsSign ? 2 : 1
}

function eventsOf(metadata: LogRecordMetadata, data: RecordData): LogEvent[] {
  const { times, ends, paddings } = data
  const messages = new Messages(data.decoded)
  const said = {
    ...(metadata.host && { host: metadata.host }),
    ...(metadata.source && { source: metadata.source }),
    ...(metadata.sourcetype && { sourcetype: metadata.sourcetype }),
    ...(metadata.index && { index: metadata.index }),
    ...(metadata.unbroken && { unbroken: true }),
  }
  const events: LogEvent[] = []
  let start = 0
  for (let i = 0; i < ends.length; i++) {
    const next = ((ends[i] ?? 0) / 4) * 3
    const end = next - (paddings[i] ?? 0)
    const message = messages.between(start, end)
    const time = times[i]
    const event: LogEvent = time === undefined ? { ...said, message } : { ...said, message, time }
    events.push(metadata.unbroken && data.done[i] === true ? { ...event, done: true } : event)
    start = next
  }
  return events
}

/** Whether this is the metadata of a probe. */
export function isProbe(metadata: LogRecordMetadata): boolean {
  const { source, sourcetype, host, index } = metadata
  return source === probeMark && sourcetype === probeMark && host === probeMark && index === probeMark
}

/** A JSON object by lower-case key; its integers are bigint, whatever their size. */
export type Fields = ReadonlyMap<string, unknown>

export interface NextObject {
  readonly object?: Fields
  readonly error?: KinloaderError
  readonly end: number
  /** The text ends inside the object. */
  readonly isCut?: true
}

/** Metadata is a few hundred bytes mostly; it is found without a look at all the rest. */
export function firstObject(bytes: Buffer): NextObject {
  for (let size = 4096; ; size *= 16) {
    const first = nextObject(bytes, bytes.toString('latin1', 0, size), 0)
    if (first.isCut !== true || size >= bytes.length) return first
  }
}

/**
 * The object behind the white space at `from`. Positions are those of `bytes`; `text` is the same as latin1. Errors
 * count from `base` bytes before them.
 */
export function nextObject(bytes: Buffer, text: string, from: number, base = 0): NextObject {
  const start = skipJsonSpace(text, from)
  if (start === text.length)
    return { end: start, error: damaged(base + start, 'it ends before its metadata'), isCut: true }
  if (text.charCodeAt(start) !== 0x7b)
    return { end: start, error: damaged(base + start, 'there is something else than an object') }
  const end = jsonValueEnd(text, start)
  if (end < 0) return { end: text.length, error: damaged(base + start, 'an object does not end'), isCut: true }
  try {
    return { object: parseFields(bytes.toString('utf8', start, end)), end }
  } catch (error) {
    return { end, error: damaged(base + start, errorText(error), error) }
  }
}

function parseFields(json: string): Fields {
  // Numbers come as bigint where they are integers: enc_id exceeds 2^53.
  const parsed: unknown = JSON.parse(json, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && /^-?\d{1,30}$/.test(context.source)
      ? BigInt(context.source)
      : value,
  )
  const fields = new Map<string, unknown>()
  for (const [key, value] of Object.entries(parsed as object)) fields.set(key.toLowerCase(), value)
  return fields
}

/** Undefined when a value has the wrong type. */
export function metadataOf(fields: Fields): LogRecordMetadata | undefined {
  const unbroken = fields.get('unbroken') ?? false
  const source = fields.get('source') ?? ''
  const sourcetype = fields.get('sourcetype') ?? ''
  const host = fields.get('host') ?? ''
  const index = fields.get('index') ?? ''
  if (typeof unbroken !== 'boolean' || typeof source !== 'string' || typeof sourcetype !== 'string') return undefined
  if (typeof host !== 'string' || typeof index !== 'string') return undefined
  const ids = { encId: idOf(fields, 'enc_id'), blockId: idOf(fields, 'block_id') }
  const batchId = fields.get('batch_id')
  const batch = typeof batchId === 'string' && batchId !== '' ? { batchId } : {}
  return { unbroken, source, sourcetype, host, index, ...ids, ...batch }
}

/** Nothing depends on the ids but their own display, so a strange one never costs the record. */
function idOf(fields: Fields, key: string): bigint {
  const value = fields.get(key)
  return typeof value === 'bigint' ? value : 0n
}

/** Undefined when a value has the wrong type. A time that is none is no time: the event is worth more than it. */
export function dataOf(fields: Fields): { done: boolean; time: EventTime | undefined; base64: string } | undefined {
  const done = fields.get('is_done') ?? false
  const time = fields.get('ts')
  const data = fields.get('data') ?? ''
  if (typeof done !== 'boolean' || typeof data !== 'string') return undefined
  const base64 = data.replaceAll(/[\r\n]/g, '')
  if (base64.length % 4 !== 0 || !/^[\w+/-]*={0,2}$/.test(base64)) return undefined
  return { done, time: typeof time === 'string' ? parseRfc3339(time) : undefined, base64 }
}

export function damaged(at: number, what: string, cause?: unknown): KinloaderError {
  return new KinloaderError('LOG_RECORD_DAMAGED', `The log record is damaged at byte ${at}: ${what}.`, { cause })
}

import { gzipSync } from 'node:zlib'
import type { EventTime } from '../core/event.ts'
import { goString } from './go-json.ts'
import type { LogRecordMetadata } from './log-record.ts'
import { formatRfc3339 } from './rfc3339.ts'

/** One data object of a log record. */
export interface LogRecordEntry {
  readonly data: Uint8Array | string
  /** Absent: Splunk takes the time from the text. */
  readonly time?: EventTime
  /** The stream of events ends here. Default true, as all senders write. */
  readonly done?: boolean
}

/**
 * Writes a log record in its one canonical form, byte for byte what senders have always written before they compress
 * it: keys in fixed order, no spaces, a line feed behind each object, `<`, `>`, `&`, U+2028 and U+2029 escaped.
 */
export function encodeLogRecord(
  metadata: LogRecordMetadata,
  entries: readonly LogRecordEntry[],
  /** `level`: 1 to 9 as in gzip, default 6. */
  options: { readonly level?: number } = {},
): Buffer {
  return gzipSync(logRecordText(metadata, entries), options)
}

/** What is inside the gzip: ASCII, but for what the metadata hold. */
export function logRecordText(metadata: LogRecordMetadata, entries: readonly LogRecordEntry[]): string {
  let text = metadataLine(metadata)
  for (const { data, time, done } of entries) text += dataLine(data, time, done)
  return text
}

/** The first object, with its line feed. */
export function metadataLine(metadata: LogRecordMetadata): string {
  const { unbroken, source, sourcetype, host, index, encId, blockId, batchId = '' } = metadata
  const batch = batchId === '' ? '' : `,"batch_id":${goString(batchId)}`
  return (
    `{"unbroken":${unbroken},"source":${goString(source)},"sourcetype":${goString(sourcetype)},"host":${goString(host)},` +
    `"index":${goString(index)},"enc_id":${String(encId)},"block_id":${String(blockId)}${batch}}\n`
  )
}

/** The object of one event, with its line feed; ASCII, so it has as many bytes as characters. */
export function dataLine(data: Uint8Array | string, time: EventTime | undefined, done = true): string {
  // The usual case, in as few pieces as can be: each is an object until the record is written.
  if (time === undefined && done) return `{"is_done":true,"data":"${base64(data)}"}\n`
  const timestamp = time === undefined ? undefined : formatRfc3339(time)
  const ts = timestamp === undefined ? '' : `"ts":"${timestamp}",`
  return `{"is_done":${done},${ts}"data":"${base64(data)}"}\n`
}

function base64(data: Uint8Array | string): string {
  if (typeof data === 'string') return Buffer.from(data).toString('base64')
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
}

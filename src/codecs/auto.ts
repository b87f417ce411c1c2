import type { Decoded, Decoder } from '../core/codec.ts'
import type { LogEvent } from '../core/event.ts'
import { beginsCloudWatch, decodeInflatedCloudWatch } from './cloudwatch.ts'
import { inflatedIfGzip, isGzip } from './inflating.ts'
import { decodeJsonLines } from './json-lines.ts'
import { beginsLogRecord, decodeInflatedLogRecord } from './log-record.ts'
import { decodeText } from './text.ts'

/**
 * Finds out for each payload what it is: a log record when it is gzip and begins with the metadata of one, a message
 * of CloudWatch Logs likewise; JSON when all of it is objects one after the other; else text, which anything can be.
 */
export const autoDecoder: Decoder<LogEvent> = { name: 'auto', decode }

function decode(payload: Uint8Array): Decoded<LogEvent> {
  const inflated = inflatedIfGzip(payload)
  if (beginsWithObject(inflated.bytes)) {
    if (isGzip(payload)) {
      if (beginsLogRecord(inflated.bytes)) return decodeInflatedLogRecord(inflated)
      if (beginsCloudWatch(inflated.bytes)) return decodeInflatedCloudWatch(inflated)
    }
    const json = decodeJsonLines(inflated)
    // The error of a damaged gzip is told whichever way it is read.
    if (json.error === inflated.error) return json
  }
  return decodeText(inflated)
}

function beginsWithObject(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === 0x7b
}

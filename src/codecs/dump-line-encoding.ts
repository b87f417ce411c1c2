import type { Base64Text } from '../core/base64-text.ts'
import { goString } from './go-json.ts'
import { formatRfc3339 } from './rfc3339.ts'

/** A record as Kinesis gave it. */
export interface DumpRecord {
  /** Milliseconds since 1970; undefined when Kinesis did not tell. */
  readonly arrivedMs: number | undefined
  readonly partitionKey: string | undefined
  readonly sequenceNumber: string
  /** As it was put, so still compressed. */
  readonly data: Uint8Array
  /** The same in base64, where one has it. */
  readonly base64?: Base64Text | undefined
}

/**
 * The line of a record in a dump, with its line feed:
 *
 *     {"arrival_time":"2017-05-01T12:00:00.123Z","partition_key":"broken-1","seq":"4959…","data":"H4sI…"}
 *
 * Byte for byte what kinlog wrote: keys in this order, no spaces, the fraction of the time without zeros at its end.
 * Large data which is in base64 already is not copied, so the line comes in pieces.
 */
export function dumpLine(record: DumpRecord): Uint8Array | readonly Uint8Array[] {
  const { arrivedMs, partitionKey = '', sequenceNumber } = record
  const text = record.base64?.text
  const start =
    `${dumpLineStart}${arrivalTime(arrivedMs)}","partition_key":${goString(partitionKey)},` +
    `"seq":${goString(sequenceNumber)},"data":"`
  if (text !== undefined && text.length >= minPieceBytes) return [Buffer.from(start), text, lineEnd]
  return Buffer.from(`${start}${text?.toString('latin1') ?? base64Of(record.data)}"}\n`)
}

/** A smaller one is copied in less time than it takes to carry pieces around. */
const minPieceBytes = 1024
const lineEnd = Buffer.from('"}\n')

function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

/** What every line of a dump begins with. */
export const dumpLineStart = '{"arrival_time":"'

/** Go's zero time where there is none. */
function arrivalTime(arrivedMs: number | undefined): string {
  const zero = '0001-01-01T00:00:00Z'
  if (arrivedMs === undefined) return zero
  const seconds = Math.floor(arrivedMs / 1000)
  return formatRfc3339({ seconds, nanos: (arrivedMs - seconds * 1000) * 1_000_000 }) ?? zero
}

import type { Counters } from '../../core/metrics.ts'
import { asBuffer } from '../as-buffer.ts'
import { endWithinLimit } from './message-limit.ts'
import { isFrameGap } from './terminators.ts'

export interface DatagramOptions {
  /** What a message has beyond is discarded. At least 1. */
  readonly maxMessageBytes: number
  /** Gets `received`, `truncated` and `discarded.empty_datagram`. */
  readonly counters: Counters
}

/**
 * The message of a syslog datagram (RFC 5426: one each, and no counting), a view of it. Undefined when it is empty.
 * `received` is one for either.
 */
export function syslogDatagram(
  datagram: Uint8Array,
  { maxMessageBytes, counters }: DatagramOptions,
): Uint8Array | undefined {
  const message = withoutTerminators(datagram)
  counters.add('received')
  const { length } = message
  const end = endWithinLimit(message, 0, length, maxMessageBytes, counters)
  if (end > 0) return end < length ? message.subarray(0, end) : message
  counters.add('discarded.empty_datagram')
  return undefined
}

/** Without the NUL, LF and CR at its end. */
export function withoutTerminators(datagram: Uint8Array): Buffer {
  const bytes = asBuffer(datagram)
  let end = bytes.length
  while (end > 0 && isFrameGap(bytes[end - 1])) end--
  return end === bytes.length ? bytes : bytes.subarray(0, end)
}

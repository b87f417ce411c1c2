import { byteAt, isDigit } from './digits.ts'
import { isoTime } from './iso-time.ts'
import { localTime } from './local-time.ts'
import type { TimeFallback } from './time-fallback.ts'
import type { Zone } from './zone.ts'

/**
 * The time which the syslog message from `start` to `end` tells, in milliseconds since 1970, or why it tells none. It
 * stands directly behind the PRI and RFC 5424's version, or at the start when there is no PRI:
 *
 *     <13>1 2018-02-21T21:07:50.239881+00:00 host …      <34>Oct 11 22:14:15 host …      <189>123: *Mar  1 00:00:01.123: …
 *
 * Never throws, and looks at the first few bytes only, but for a fraction of any length.
 */
export function syslogTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  receivedMs: number,
  zone: Zone,
): number | TimeFallback {
  let at = start
  if (byteAt(bytes, at, end) === lessThan) {
    at = priEnd(bytes, start, end)
    if (at < 0) return 'bad_pri'
    if (byteAt(bytes, at, end) === one && byteAt(bytes, at + 1, end) === space) {
      at += 2
      if (byteAt(bytes, at, end) === minus && (byteAt(bytes, at + 1, end) ?? space) === space) return 'nil'
    }
  }
  at += ciscoSequenceLength(bytes, at, end)
  if (byteAt(bytes, at, end) !== asterisk) return stampAt(bytes, at, end, receivedMs, zone)
  const time = stampAt(bytes, at + 1, end, receivedMs, zone)
  return typeof time === 'number' ? 'clock_not_set' : time
}

function stampAt(bytes: Uint8Array, at: number, end: number, receivedMs: number, zone: Zone): number | TimeFallback {
  return isDigit(byteAt(bytes, at, end)) ? isoTime(bytes, at, end) : localTime(bytes, at, end, receivedMs, zone)
}

/** Where the PRI ends with which the message begins: one to three digits, 0 to 191. -1 when it is none. */
function priEnd(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  let at = start + 1
  const last = Math.min(start + 4, end)
  for (; at < last && isDigit(bytes[at]); at++) value = value * 10 + (bytes[at] ?? 0) - zero
  return at > start + 1 && byteAt(bytes, at, end) === greaterThan && value <= 191 ? at + 1 : -1
}

/** Of `123: `, with which Cisco numbers its messages; 0 when there is none. */
function ciscoSequenceLength(bytes: Uint8Array, at: number, end: number): number {
  let next = at
  // The number has 32 bits.
  const last = Math.min(at + 10, end)
  while (next < last && isDigit(bytes[next])) next++
  return next > at && byteAt(bytes, next, end) === colon && byteAt(bytes, next + 1, end) === space ? next + 2 - at : 0
}

const space = 0x20
const asterisk = 0x2a
const minus = 0x2d
const zero = 0x30
const one = 0x31
const colon = 0x3a
const lessThan = 0x3c
const greaterThan = 0x3e

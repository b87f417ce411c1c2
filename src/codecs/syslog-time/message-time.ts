import { isDigit } from './digits.ts'
import { isoTime } from './iso-time.ts'
import { localTime } from './local-time.ts'
import type { TimeFallback } from './time-fallback.ts'
import type { Zone } from './zone.ts'

/**
 * The time a syslog message tells, in milliseconds since 1970, or why it tells none. It stands directly behind the PRI
 * and RFC 5424's version, or at the start when there is no PRI:
 *
 *     <13>1 2018-02-21T21:07:50.239881+00:00 host …      <34>Oct 11 22:14:15 host …      <189>123: *Mar  1 00:00:01.123: …
 *
 * Never throws, and looks at the first few bytes only, but for a fraction of any length.
 */
export function syslogTime(message: Uint8Array, receivedMs: number, zone: Zone): number | TimeFallback {
  let at = 0
  if (message[0] === lessThan) {
    at = priEnd(message)
    if (at === 0) return 'bad_pri'
    if (message[at] === one && message[at + 1] === space) {
      at += 2
      if (message[at] === minus && (message[at + 1] === space || message.length === at + 1)) return 'nil'
    }
  }
  const sequenceLength = ciscoSequenceLength(message, at)
  at += sequenceLength
  if (message[at] !== asterisk) return stampAt(message, at, receivedMs, zone)
  const time = stampAt(message, at + 1, receivedMs, zone)
  return typeof time === 'number' ? 'clock_not_set' : time
}

function stampAt(message: Uint8Array, at: number, receivedMs: number, zone: Zone): number | TimeFallback {
  return isDigit(message[at]) ? isoTime(message, at) : localTime(message, at, receivedMs, zone)
}

/** Where the PRI ends with which the message begins: one to three digits, 0 to 191. 0 when it is none. */
function priEnd(message: Uint8Array): number {
  let value = 0
  let at = 1
  for (; at <= 3 && isDigit(message[at]); at++) value = value * 10 + (message[at] ?? 0) - zero
  return at > 1 && message[at] === greaterThan && value <= 191 ? at + 1 : 0
}

/** Of `123: `, with which Cisco numbers its messages; 0 when there is none. */
function ciscoSequenceLength(message: Uint8Array, at: number): number {
  let end = at
  // The number has 32 bits.
  while (end < at + 10 && isDigit(message[end])) end++
  return end > at && message[end] === colon && message[end + 1] === space ? end + 2 - at : 0
}

const space = 0x20
const asterisk = 0x2a
const minus = 0x2d
const zero = 0x30
const one = 0x31
const colon = 0x3a
const lessThan = 0x3c
const greaterThan = 0x3e

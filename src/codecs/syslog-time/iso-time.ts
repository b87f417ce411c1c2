import { daysInMonth, daysSince1970 } from '../calendar.ts'
import { byteAt, fractionEnd, fractionMs, isBoundary, twoDigits } from './digits.ts'
import type { TimeFallback } from './time-fallback.ts'

/**
 * The time of RFC 3339 which begins at `at`, in milliseconds since 1970, rounded half up.
 *
 *     2018-02-21T21:07:50.239881+00:00
 *     0    5    10   15   20
 *
 * RFC 5424 forbids second 60 and more than six digits; senders write both. At `end` the message is over.
 */
export function isoTime(bytes: Uint8Array, at: number, end: number): number | TimeFallback {
  if (
    end < at + 20 ||
    bytes[at + 4] !== minus ||
    bytes[at + 7] !== minus ||
    ((bytes[at + 10] ?? 0) | 0x20) !== smallT ||
    bytes[at + 13] !== colon ||
    bytes[at + 16] !== colon
  ) {
    return 'no_time'
  }
  const century = twoDigits(bytes, at)
  const yearOfCentury = twoDigits(bytes, at + 2)
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  const hour = twoDigits(bytes, at + 11)
  const minute = twoDigits(bytes, at + 14)
  const second = twoDigits(bytes, at + 17)
  // -1, what is no number, has all bits set.
  if ((century | yearOfCentury | month | day | hour | minute | second) < 0) return 'no_time'

  const zoneStart = fractionEnd(bytes, at + 19, end)
  if (zoneStart < 0) return 'no_time'
  const offsetMinutes = zoneMinutes(bytes, zoneStart, end)
  if (typeof offsetMinutes !== 'number') return offsetMinutes

  const year = century * 100 + yearOfCentury
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return 'impossible_date'
  if (hour > 23 || minute > 59 || second > 60) return 'impossible_date'
  const minutes = daysSince1970(year, month, day) * 1440 + hour * 60 + minute - offsetMinutes
  return (minutes * 60 + second) * 1000 + fractionMs(bytes, at + 19, zoneStart)
}

/** The offset from UTC written at `at`. */
function zoneMinutes(bytes: Uint8Array, at: number, end: number): number | TimeFallback {
  const sign = byteAt(bytes, at, end) ?? 0
  if ((sign | 0x20) === smallZ) return isBoundary(byteAt(bytes, at + 1, end)) ? 0 : 'no_time'
  if ((sign !== plus && sign !== minus) || end < at + 6) return 'no_time'
  if (bytes[at + 3] !== colon || !isBoundary(byteAt(bytes, at + 6, end))) return 'no_time'
  const hours = twoDigits(bytes, at + 1)
  const minutes = twoDigits(bytes, at + 4)
  if ((hours | minutes) < 0) return 'no_time'
  if (hours > 23 || minutes > 59) return 'impossible_date'
  return sign === minus ? -(hours * 60 + minutes) : hours * 60 + minutes
}

const plus = 0x2b
const minus = 0x2d
const colon = 0x3a
const smallT = 0x74
const smallZ = 0x7a

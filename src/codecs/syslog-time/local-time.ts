import { daysInMonth, daysSince1970, isLeapYear } from '../calendar.ts'
import { byteAt, fractionEnd, fractionMs, isBoundary, isDigit, twoDigits } from './digits.ts'
import type { TimeFallback } from './time-fallback.ts'
import type { Zone } from './zone.ts'

/**
 * The time of RFC 3164 which begins at `at`, in milliseconds since 1970, rounded half up.
 *
 *     Oct 11 22:14:15        Oct  1 22:14:15.123        Oct 01 22:14:15 2017        Oct 1 2017 22:14:15
 *
 * Without a year it is, of those in the year of receipt, the one before and the one after, the latest which is at most
 * 48 hours later than the receipt: a clock may be ahead, but not by a year. At `end` the message is over.
 */
export function localTime(
  bytes: Uint8Array,
  at: number,
  end: number,
  receivedMs: number,
  zone: Zone,
): number | TimeFallback {
  if (end < at + shortestLength) return 'no_time'
  const month = monthAt(bytes, at)
  if (month === 0 || bytes[at + 3] !== space) return 'no_time'
  const dayStart = bytes[at + 4] === space ? at + 5 : at + 4
  const dayEnd = isDigit(bytes[dayStart + 1]) ? dayStart + 2 : dayStart + 1
  if (!isDigit(bytes[dayStart]) || bytes[dayEnd] !== space) return 'no_time'
  const day = dayEnd === dayStart + 1 ? (bytes[dayStart] ?? 0) - zero : twoDigits(bytes, dayStart)

  let year = yearAt(bytes, dayEnd + 1, end)
  const timeStart = year === 0 ? dayEnd + 1 : dayEnd + 6
  if (end < timeStart + 8) return 'no_time'
  const hour = twoDigits(bytes, timeStart)
  const minute = twoDigits(bytes, timeStart + 3)
  const second = twoDigits(bytes, timeStart + 6)
  const hasColons = bytes[timeStart + 2] === colon && bytes[timeStart + 5] === colon
  if ((hour | minute | second) < 0 || !hasColons) return 'no_time'
  const lastDigit = fractionEnd(bytes, timeStart + 8, end)
  // A point which ends a sentence is no fraction.
  const timeEnd = lastDigit < 0 ? timeStart + 8 : lastDigit
  const next = byteAt(bytes, timeEnd, end)
  if (!isBoundary(next)) return 'no_time'
  if (year === 0 && next === space) year = yearAt(bytes, timeEnd + 1, end)

  if (hour > 23 || minute > 59 || second > 60) return 'impossible_date'
  const msOfDay = ((hour * 60 + minute) * 60 + second) * 1000 + fractionMs(bytes, timeStart + 8, timeEnd)
  if (year === 0) return latestTime(month, day, msOfDay, receivedMs, zone)
  if (day < 1 || day > daysInMonth(year, month)) return 'impossible_date'
  return zone.utcMs(daysSince1970(year, month, day) * dayMs + msOfDay, year)
}

function latestTime(
  month: number,
  day: number,
  msOfDay: number,
  receivedMs: number,
  zone: Zone,
): number | TimeFallback {
  if (day < 1 || day > daysInMonth(leapYear, month)) return 'impossible_date'
  const thisYear = zone.yearAt(receivedMs)
  for (let year = thisYear + 1; year >= thisYear - 1; year--) {
    if (day === 29 && month === 2 && !isLeapYear(year)) continue
    const localMs = daysSince1970(year, month, day) * dayMs + msOfDay
    // Most of the times of next year are out of question, whatever the zone.
    if (localMs > receivedMs + maxAheadMs + dayMs) continue
    const utcMs = zone.utcMs(localMs, year)
    if (utcMs <= receivedMs + maxAheadMs) return utcMs
  }
  return 'impossible_date'
}

/** The year with four digits at `at`; 0 when there is none. Other numbers than 1970 to 2099 are a host or a port. */
function yearAt(bytes: Uint8Array, at: number, end: number): number {
  if (end < at + 4) return 0
  const century = twoDigits(bytes, at)
  if (century !== 19 && century !== 20) return 0
  const yearOfCentury = twoDigits(bytes, at + 2)
  const year = century * 100 + yearOfCentury
  const next = byteAt(bytes, at + 4, end)
  return yearOfCentury >= 0 && year >= 1970 && (next === space || next === colon || next === undefined) ? year : 0
}

/** 1 to 12 of its English abbreviation at `at`; 0 when there is none. */
function monthAt(bytes: Uint8Array, at: number): number {
  return months.get(((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)) ?? 0
}

const months: ReadonlyMap<number, number> = new Map(
  ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].map((name, index) => [
    Buffer.from(name).readUIntBE(0, 3),
    index + 1,
  ]),
)
/** `Oct 1 22:14:15` */
const shortestLength = 14
const leapYear = 2000
const dayMs = 86_400_000
const maxAheadMs = 2 * dayMs
const space = 0x20
const zero = 0x30
const colon = 0x3a

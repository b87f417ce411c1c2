import type { EventTime } from '../core/event.ts'
import { daysInMonth, daysSince1970 } from './calendar.ts'

/**
 * RFC 3339 times with nanoseconds, both ways; a `Date` would lose them.
 *
 *     2017-05-01T12:00:00.123456789Z        2017-05-01T14:00:00+02:00
 *     0    5    10   15   20
 */

/** The time in `text` between `start` and `end`, or undefined when that is none. Digits after the ninth are cut off. */
export function parseRfc3339(text: string, start = 0, end = text.length): EventTime | undefined {
  const length = end - start
  if (length < 20) return undefined
  if (
    text.charCodeAt(start + 4) !== minus ||
    text.charCodeAt(start + 7) !== minus ||
    (text.charCodeAt(start + 10) | 0x20) !== smallT ||
    text.charCodeAt(start + 13) !== colon ||
    text.charCodeAt(start + 16) !== colon
  ) {
    return undefined
  }
  const year = twoDigits(text, start) * 100 + twoDigits(text, start + 2)
  const month = twoDigits(text, start + 5)
  const day = twoDigits(text, start + 8)
  const hour = twoDigits(text, start + 11)
  const minute = twoDigits(text, start + 14)
  const second = twoDigits(text, start + 17)
  // A comparison with NaN is false, so what is not a digit fails here too.
  if (!(year >= 0 && month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59)) return undefined
  if (!(day >= 1 && day <= daysInMonth(year, month))) return undefined

  const minuteStart = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60
  return fractionAndZone(text, start + 19, end, minuteStart + second)
}

/**
 * The same for many times in a row: those of one log mostly share their second, whose text is compared instead of
 * computed again.
 */
export class Rfc3339Reader {
  #text = ''
  #seconds = 0

  parse(text: string, start: number, end: number): EventTime | undefined {
    if (this.#text !== '' && text.startsWith(this.#text, start)) {
      return fractionAndZone(text, start + 19, end, this.#seconds)
    }
    const time = parseRfc3339(text, start, end)
    // Kept for UTC only, where the seconds of the text are those of the time.
    if (time !== undefined && (text.charCodeAt(end - 1) | 0x20) === smallZ) {
      this.#text = text.slice(start, start + 19)
      this.#seconds = time.seconds
    }
    return time
  }
}

/** In UTC, trailing zeros of the fraction left out; undefined outside the years 0 to 9999, which RFC 3339 cannot say. */
export function formatRfc3339(time: EventTime): string | undefined {
  if (!(time.seconds >= -62_167_219_200 && time.seconds <= 253_402_300_799)) return undefined
  const wholeSeconds = new Date(time.seconds * 1000).toISOString().slice(0, 19)
  if (time.nanos === 0) return `${wholeSeconds}Z`
  if (!(time.nanos > 0 && time.nanos <= 999_999_999 && Number.isInteger(time.nanos))) return undefined
  return `${wholeSeconds}.${String(time.nanos).padStart(9, '0').replace(/0+$/, '')}Z`
}

const minus = 0x2d
const plus = 0x2b
const dot = 0x2e
const zero = 0x30
const colon = 0x3a
const smallT = 0x74
const smallZ = 0x7a

/** From behind the seconds on to exactly `end`. */
function fractionAndZone(text: string, at: number, end: number, localSeconds: number): EventTime | undefined {
  let nanos = 0
  if (text.charCodeAt(at) === dot) {
    const first = ++at
    let unit = 100_000_000
    for (; at < end; at++) {
      const digit = text.charCodeAt(at) - zero
      if (digit < 0 || digit > 9) break
      nanos += digit * unit
      unit = unit === 1 ? 0 : unit / 10
    }
    if (at === first) return undefined
  }
  const offset = zoneSeconds(text, at, end)
  return offset === undefined ? undefined : { seconds: localSeconds - offset, nanos }
}

/** NaN when one of them is no digit. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - zero
  const ones = text.charCodeAt(at + 1) - zero
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

/** The offset from UTC written from `at` to exactly `end`. */
function zoneSeconds(text: string, at: number, end: number): number | undefined {
  const sign = text.charCodeAt(at)
  if ((sign | 0x20) === smallZ) return at + 1 === end ? 0 : undefined
  if ((sign !== plus && sign !== minus) || at + 6 !== end || text.charCodeAt(at + 3) !== colon) return undefined
  const hours = twoDigits(text, at + 1)
  const minutes = twoDigits(text, at + 4)
  if (!(hours <= 23 && minutes <= 59)) return undefined
  const seconds = hours * 3600 + minutes * 60
  return sign === minus ? -seconds : seconds
}

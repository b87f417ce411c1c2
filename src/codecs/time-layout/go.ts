import {
  dayNames,
  fractionDigits,
  hourOfHalfDay,
  type LayoutPart,
  monthNames,
  offsetHours,
  offsetText,
  padded,
  zoneName,
} from './moment.ts'

/**
 * Layouts of Go's package time: the second of January 2006, 15:04:05, seven hours west of Greenwich, written as times
 * shall be written. What is no part of that time stands for itself.
 *
 *     2006-01-02T15:04:05Z07:00      Mon Jan _2 15:04:05 2006      02/01/06 03:04:05.000 PM
 */
export function goLayout(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = []
  let literal = ''
  for (let at = 0; at < layout.length; ) {
    const rest = layout.slice(at)
    const found = fraction(rest) ?? token(rest)
    if (found === undefined) {
      literal += layout.charAt(at)
      at += 1
      continue
    }
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(found.part)
    at += found.length
  }
  return literal === '' ? parts : [...parts, literal]
}

interface Found {
  readonly part: LayoutPart
  readonly length: number
}

/** Those which begin with another one come before it. */
const tokens: readonly (readonly [text: string, part: Exclude<LayoutPart, string>])[] = [
  ['January', ({ month }) => monthNames[month - 1] ?? ''],
  ['Jan', ({ month }) => (monthNames[month - 1] ?? '').slice(0, 3)],
  ['Monday', ({ weekday }) => dayNames[weekday] ?? ''],
  ['Mon', ({ weekday }) => (dayNames[weekday] ?? '').slice(0, 3)],
  ['MST', ({ zone }) => zoneName(zone)],
  ['2006', ({ year }) => padded(year, 4)],
  ['002', ({ yearDay }) => padded(yearDay, 3)],
  ['__2', ({ yearDay }) => padded(yearDay, 3, ' ')],
  ['_2', ({ day }) => padded(day, 2, ' ')],
  ['01', ({ month }) => padded(month, 2)],
  ['02', ({ day }) => padded(day, 2)],
  ['03', ({ hour }) => padded(hourOfHalfDay(hour), 2)],
  ['04', ({ minute }) => padded(minute, 2)],
  ['05', ({ second }) => padded(second, 2)],
  ['06', ({ year }) => padded(year % 100, 2)],
  ['15', ({ hour }) => padded(hour, 2)],
  ['1', ({ month }) => String(month)],
  ['2', ({ day }) => String(day)],
  ['3', ({ hour }) => String(hourOfHalfDay(hour))],
  ['4', ({ minute }) => String(minute)],
  ['5', ({ second }) => String(second)],
  ['PM', ({ hour }) => (hour < 12 ? 'AM' : 'PM')],
  ['pm', ({ hour }) => (hour < 12 ? 'am' : 'pm')],
  ['Z07:00', ({ zone }) => (zone.offsetMinutes === 0 ? 'Z' : offsetText(zone, ':'))],
  ['Z0700', ({ zone }) => (zone.offsetMinutes === 0 ? 'Z' : offsetText(zone))],
  ['Z07', ({ zone }) => (zone.offsetMinutes === 0 ? 'Z' : offsetHours(zone.offsetMinutes))],
  ['-07:00', ({ zone }) => offsetText(zone, ':')],
  ['-0700', ({ zone }) => offsetText(zone)],
  ['-07', ({ zone }) => offsetHours(zone.offsetMinutes)],
]

function token(rest: string): Found | undefined {
  // An underscore before a year is one, though "_2" is the beginning of it.
  if (rest.startsWith('_2006')) return undefined
  for (const [text, part] of tokens) {
    if (!rest.startsWith(text)) continue
    // "Month" and "Janitor" are words, no names of a month or a day.
    const isWord = (text === 'Jan' || text === 'Mon') && /[a-z]/.test(rest.charAt(3))
    if (!isWord) return { part, length: text.length }
  }
  return undefined
}

/** `.000` is always three digits; `.999` leaves trailing zeros out, and the point too when nothing is left. */
function fraction(rest: string): Found | undefined {
  const match = /^[.,](0+|9+)(?!\d)/.exec(rest)
  if (match === null) return undefined
  const [text, digits = ''] = match
  const point = text.charAt(0)
  const part: LayoutPart = (moment) => {
    const written = `${point}${fractionDigits(moment, digits.length)}`
    return digits.startsWith('9') ? written.replace(/[.,]?0*$/, '') : written
  }
  return { part, length: text.length }
}

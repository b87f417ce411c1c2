import { KinloaderError } from '../../core/errors.ts'
import {
  dayNames,
  fractionDigits,
  hourOfHalfDay,
  type LayoutPart,
  monthNames,
  offsetText,
  padded,
  zoneName,
} from './moment.ts'

/**
 * Layouts of C's strftime, in its locale C: `%Y-%m-%d %H:%M:%S.%L %z`. Throws `BAD_TIME_LAYOUT` at a conversion there
 * is not.
 */
export function strftimeLayout(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = []
  for (const [text] of layout.matchAll(/%(?::z|[^])?|[^%]+/g)) {
    const part = text.startsWith('%') ? (conversions[text.slice(1)] ?? nested(text)) : text
    parts.push(...(typeof part === 'object' ? part : [part]))
  }
  return parts
}

const conversions: Readonly<Record<string, LayoutPart>> = {
  '%': '%',
  n: '\n',
  t: '\t',
  Y: ({ year }) => padded(year, 4),
  y: ({ year }) => padded(year % 100, 2),
  m: ({ month }) => padded(month, 2),
  B: ({ month }) => monthNames[month - 1] ?? '',
  b: ({ month }) => (monthNames[month - 1] ?? '').slice(0, 3),
  h: ({ month }) => (monthNames[month - 1] ?? '').slice(0, 3),
  d: ({ day }) => padded(day, 2),
  e: ({ day }) => padded(day, 2, ' '),
  j: ({ yearDay }) => padded(yearDay, 3),
  A: ({ weekday }) => dayNames[weekday] ?? '',
  a: ({ weekday }) => (dayNames[weekday] ?? '').slice(0, 3),
  H: ({ hour }) => padded(hour, 2),
  k: ({ hour }) => padded(hour, 2, ' '),
  I: ({ hour }) => padded(hourOfHalfDay(hour), 2),
  l: ({ hour }) => padded(hourOfHalfDay(hour), 2, ' '),
  p: ({ hour }) => (hour < 12 ? 'AM' : 'PM'),
  P: ({ hour }) => (hour < 12 ? 'am' : 'pm'),
  M: ({ minute }) => padded(minute, 2),
  S: ({ second }) => padded(second, 2),
  L: (moment) => fractionDigits(moment, 3),
  f: (moment) => fractionDigits(moment, 6),
  N: (moment) => fractionDigits(moment, 9),
  s: ({ timeMs }) => String(Math.floor(timeMs / 1000)),
  z: ({ zone }) => offsetText(zone),
  ':z': ({ zone }) => offsetText(zone, ':'),
  Z: ({ zone }) => zoneName(zone),
}

const abbreviations: Readonly<Record<string, string>> = {
  F: '%Y-%m-%d',
  T: '%H:%M:%S',
  R: '%H:%M',
  D: '%m/%d/%y',
  c: '%a %b %e %H:%M:%S %Y',
}

function nested(text: string): LayoutPart[] {
  const whole = abbreviations[text.slice(1)]
  if (whole !== undefined) return strftimeLayout(whole)
  throw new KinloaderError('BAD_TIME_LAYOUT', `The time layout has an unknown conversion "${text}".`)
}

/** How local time differs from UTC at some time. */
export interface LocalZone {
  /** East of Greenwich is positive. */
  readonly offsetMinutes: number
  /** Such as `CET`; empty when the zone has none. */
  readonly name: () => string
}

/** A point in time as a calendar and a clock on the wall show it. */
export interface Moment {
  readonly timeMs: number
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** 1 to 366. */
  readonly yearDay: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millis: number
  readonly zone: LocalZone
}

/** What a layout is made of: text which stands for itself, or what is told about the moment. */
export type LayoutPart = string | ((moment: Moment) => string)

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

export const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

export function momentOf(timeMs: number, zone: LocalZone): Moment {
  // A date whose UTC is our local time.
  const local = new Date(timeMs + zone.offsetMinutes * 60_000)
  const year = local.getUTCFullYear()
  return {
    timeMs,
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    yearDay: Math.floor((local.getTime() - Date.UTC(year, 0, 1)) / 86_400_000) + 1,
    weekday: local.getUTCDay(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    millis: local.getUTCMilliseconds(),
    zone,
  }
}

export function padded(value: number, width: number, filling = '0'): string {
  return String(value).padStart(width, filling)
}

/** 12, 1, …, 11 */
export function hourOfHalfDay(hour: number): number {
  return hour % 12 === 0 ? 12 : hour % 12
}

/** `+0200`, with the separator `+02:00`. */
export function offsetText({ offsetMinutes }: LocalZone, separator = ''): string {
  const minutes = Math.abs(offsetMinutes)
  return `${offsetHours(offsetMinutes)}${separator}${padded(minutes % 60, 2)}`
}

/** `+02` */
export function offsetHours(offsetMinutes: number): string {
  return `${offsetMinutes < 0 ? '-' : '+'}${padded(Math.floor(Math.abs(offsetMinutes) / 60), 2)}`
}

/** The zone's name, or else its offset as the time zone database writes it: `+03`, `+0530`. */
export function zoneName(zone: LocalZone): string {
  const name = zone.name()
  if (name !== '') return name
  return zone.offsetMinutes % 60 === 0 ? offsetHours(zone.offsetMinutes) : offsetText(zone)
}

/** The first digits of the fraction of the second, at most nine; no clock of ours knows more than three. */
export function fractionDigits({ millis }: Moment, digits: number): string {
  return `${padded(millis, 3)}000000`.slice(0, digits)
}

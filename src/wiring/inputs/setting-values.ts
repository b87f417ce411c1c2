import { isIP } from 'node:net'

/**
 * Texts of conf files to typed values. Each function throws a `RangeError` whose message completes the sentence
 * "<setting> must be …" and which does not hold the value.
 */

const durationUnits: Readonly<Record<string, number>> = { '': 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `5`, `5s`, `200ms`, `1.5m`, `1h`: milliseconds. A bare number is seconds. */
export function parseDuration(text: string, bounds: { minMs: number; maxMs: number }): number {
  const match = /^(\d{1,9}(?:\.\d{1,6})?) ?(ms|s|m|h|)$/.exec(text)
  const durationMs = Math.round(Number(match?.[1]) * (durationUnits[match?.[2] ?? ''] ?? Number.NaN))
  if (!(durationMs >= bounds.minMs && durationMs <= bounds.maxMs)) {
    throw new RangeError(
      `a duration such as 5s or 500ms, between ${durationText(bounds.minMs)} and ${durationText(bounds.maxMs)}`,
    )
  }
  return durationMs
}

/** Splunk's spellings of a boolean, in any case. */
export function parseBoolean(text: string): boolean {
  const spelling = text.toLowerCase()
  if (['1', 'true', 't', 'yes', 'y', 'on'].includes(spelling)) return true
  if (['0', 'false', 'f', 'no', 'n', 'off'].includes(spelling)) return false
  throw new RangeError('1 or 0')
}

export function parseInteger(text: string, bounds: { min: number; max: number }): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= bounds.min && value <= bounds.max)) {
    throw new RangeError(`a whole number between ${bounds.min} and ${bounds.max}`)
  }
  return value
}

export function parseChoice<T extends string>(text: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === text.toLowerCase())
  if (choice === undefined) throw new RangeError(`${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`)
  return choice
}

/** A point in time with its zone: without one it would mean something else on every machine. */
export function parseTime(text: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/i.exec(text)
  if (match !== null) {
    const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = match
    const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
    const local = `${year ?? ''}-${month ?? ''}-${day ?? ''}`
    const timeMs = Date.parse(`${local}T${hour ?? ''}:${minute ?? ''}:${second}${fraction}${offset}`)
    // Date.parse takes the 31st of February for a day in March.
    const dayExists = new Date(`${local}T00:00:00Z`).getUTCDate() === Number(day)
    if (!Number.isNaN(timeMs) && dayExists) return timeMs
  }
  throw new RangeError('a time with its zone such as 2026-11-20T08:00:00Z')
}

export function parsePattern(text: string, pattern: RegExp, description: string): string {
  if (!pattern.test(text)) throw new RangeError(description)
  return text
}

/** An absolute http or https URL, without a trailing slash. */
export function parseUrl(text: string, options: { userInfo: boolean }): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url === undefined || !isHttp || url.hostname === '') throw new RangeError('a URL which begins with https or http')
  if (!options.userInfo && (url.username !== '' || url.password !== '')) {
    throw new RangeError('a URL without user name and password')
  }
  return text.replace(/\/+$/, '')
}

/** An IP address, also in the brackets of a URL, which are meant well. */
export function parseAddress(text: string): string {
  const address = text.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) === 0) throw new RangeError('an IP address such as 0.0.0.0 or ::')
  return address
}

/** An IANA name, in its usual spelling. */
export function parseTimeZone(text: string): string {
  try {
    // Offsets such as +05:30 are known to `Intl`, but are no names.
    if (/^[a-z]/i.test(text)) return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    // There is none of this name.
  }
  throw new RangeError('a time zone such as UTC or Europe/Berlin')
}

/** `514, 1514 2514`: in order, without repetitions. */
export function parsePorts(text: string): readonly number[] {
  const ports = parseList(text).map((part) => (/^\d{1,5}$/.test(part) ? Number(part) : Number.NaN))
  if (!ports.every((port) => port >= 1 && port <= 65_535)) {
    throw new RangeError('ports between 1 and 65535, separated by commas or spaces')
  }
  return [...new Set(ports)]
}

/** Parts between commas or white space, none of them empty. */
export function parseList(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '')
}

function durationText(durationMs: number): string {
  if (durationMs % 3_600_000 === 0 && durationMs > 0) return `${durationMs / 3_600_000}h`
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`
}

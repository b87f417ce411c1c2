import { localTime } from './syslog-time/local-time.ts'
import { isTimeZone, namedZone, Zone } from './syslog-time/zone.ts'

/**
 * The time which a message in the Common Event Format tells in its extension; for those whose syslog header tells none,
 * or which have no such header:
 *
 *     [header ]CEF:0|vendor|product|version|event class|name|severity|rt=1519247270240 msg=a\=b
 *
 * `rt`, when the device got it, comes before `end`, when it ended. Their values are milliseconds since 1970, or
 * `Feb 21 2018 21:07:50.239 CET`, of which year, fraction and zone may be missing. A `|` in the header's fields and a
 * `=` in values are escaped with a backslash, so ` rt=` begins a field wherever it stands.
 */
export class CefTimes {
  readonly #localZone: Zone
  readonly #zones = new Map<string, Zone>()

  /** `localZone`: of times which name none. */
  constructor(localZone: Zone) {
    this.#localZone = localZone
  }

  /** In milliseconds since 1970; undefined when the message is no CEF or has no such time. Never throws. */
  timeOf(message: Uint8Array, receivedMs: number): number | undefined {
    // Most messages without a time are no CEF, and have no bar either.
    if (!message.includes(bar)) return undefined
    const bytes = Buffer.from(message.buffer, message.byteOffset, Math.min(message.length, maxBytes))
    const head = bytes.subarray(0, maxHeaderBytes).indexOf('CEF:')
    if (head < 0) return undefined
    const text = bytes.toString('latin1', head)
    const start = extensionStart(text)
    if (start < 0) return undefined
    return this.#timeOfField(text, start, 'rt=', receivedMs) ?? this.#timeOfField(text, start, 'end=', receivedMs)
  }

  #timeOfField(text: string, extensionAt: number, key: string, receivedMs: number): number | undefined {
    const isFirst = text.startsWith(key, extensionAt)
    const before = isFirst ? extensionAt - 1 : text.indexOf(` ${key}`, extensionAt)
    if (!isFirst && before < 0) return undefined
    const at = before + 1 + key.length
    const value = text.slice(at, at + maxValueLength)
    const millis = epochMs.exec(value)?.[0]
    if (millis !== undefined) return Number(millis)
    const parts = date.exec(value)
    if (parts === null) return undefined
    const zone = parts[1] === undefined ? this.#localZone : this.#zoneOf(parts[1])
    if (zone === undefined) return undefined
    const stamp = Buffer.from(value, 'latin1')
    const time = localTime(stamp, 0, stamp.length, receivedMs, zone)
    return typeof time === 'number' ? time : undefined
  }

  /** Undefined when nobody knows it: the receipt is nearer to the truth than a guess of hours. */
  #zoneOf(name: string): Zone | undefined {
    const known = this.#zones.get(name)
    if (known !== undefined) return known
    const offsetMs = fixedOffsetMs(name)
    const zone = offsetMs === undefined ? foreignZone(name) : new Zone(() => offsetMs)
    if (zone === undefined) return undefined
    const oldest = this.#zones.keys().next().value
    if (this.#zones.size >= maxZones && oldest !== undefined) this.#zones.delete(oldest)
    this.#zones.set(name, zone)
    return zone
  }
}

/** Behind the seventh `|` after the `CEF:0` with which the text begins; -1 when there is none. */
function extensionStart(text: string): number {
  if (!/^CEF:\d\|/.test(text)) return -1
  let bars = 0
  let at = 5
  for (; at < text.length && bars < 7; at++) {
    const code = text.charCodeAt(at)
    if (code === backslash) at++
    else if (code === bar) bars++
  }
  if (bars < 7) return -1
  while (text.charCodeAt(at) === space) at++
  return at
}

function foreignZone(name: string): Zone | undefined {
  // Abbreviations mean different zones in different countries; a name with a place in it is one.
  return name.includes('/') && isTimeZone(name) ? namedZone(name) : undefined
}

/** Of `UTC`, `EDT`, `GMT+02:00`, `-0500`: those RFC 822 knows, and numbers. */
function fixedOffsetMs(name: string): number | undefined {
  const hours = rfc822Hours.get(name)
  if (hours !== undefined) return hours * 3_600_000
  const [, sign, hour, minute] = /^(?:GMT|UTC)?([+-])(\d\d?):?(\d\d)$/.exec(name) ?? []
  if (sign === undefined || Number(hour) > 14 || Number(minute) > 59) return undefined
  return (sign === '-' ? -1 : 1) * (Number(hour) * 60 + Number(minute)) * 60_000
}

const rfc822Hours: ReadonlyMap<string, number> = new Map([
  ['Z', 0],
  ['UT', 0],
  ['UTC', 0],
  ['GMT', 0],
  ['EST', -5],
  ['EDT', -4],
  ['CST', -6],
  ['CDT', -5],
  ['MST', -7],
  ['MDT', -6],
  ['PST', -8],
  ['PDT', -7],
])

/** A number alone; 0 means that nobody knows. */
const epochMs = /^[1-9]\d{0,14}(?= |$)/
/** What `localTime` reads, and the zone; a word before `=` is the next key. */
const date = /^[A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d{1,9})?(?: ([\w+:/-]{1,40}))?(?= |$)/

/** Of a message that is looked at. */
const maxBytes = 32_768
/** The syslog header before `CEF:`. */
const maxHeaderBytes = 1024
const maxValueLength = 96
const maxZones = 64
const space = 0x20
const backslash = 0x5c
const bar = 0x7c

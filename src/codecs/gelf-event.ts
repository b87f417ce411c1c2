import type { TimeFallback } from './syslog-time/time-fallback.ts'

/** Why a GELF message is not what GELF 1.1 demands; it is kept all the same. */
export type GelfFault = 'not_json' | 'not_object' | 'no_version' | 'no_host' | 'no_short_message'

export interface GelfEvent {
  /** Milliseconds since 1970, or why the time of receipt stands in. */
  readonly time: number | TimeFallback
  /** The timestamp is a text which holds a number. */
  readonly isTimestampText: boolean
  /** The first fault; undefined when there is none. */
  readonly fault: GelfFault | undefined
}

/**
 * What a relay has to know of a GELF message (GELF 1.1), whose JSON text itself goes on as it came. Never throws. The
 * text may as well be the bytes as latin1: none of the keys which count are anything but ASCII.
 */
export function gelfEvent(text: string): GelfEvent {
  let payload: unknown
  try {
    payload = JSON.parse(text)
  } catch {
    return { time: 'no_time', isTimestampText: false, fault: 'not_json' }
  }
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    return { time: 'no_time', isTimestampText: false, fault: 'not_object' }
  }
  const fields: GelfFields = payload
  const { timestamp } = fields
  const isTimestampText = typeof timestamp === 'string' && decimal.test(timestamp)
  return { time: timeOf(isTimestampText ? Number(timestamp) : timestamp), isTimestampText, fault: faultOf(fields) }
}

interface GelfFields {
  readonly version?: unknown
  readonly host?: unknown
  readonly short_message?: unknown
  readonly timestamp?: unknown
}

function faultOf({ version, host, short_message: shortMessage }: GelfFields): GelfFault | undefined {
  if (version === undefined || version === null) return 'no_version'
  if (host === undefined || host === null) return 'no_host'
  return shortMessage === undefined || shortMessage === null ? 'no_short_message' : undefined
}

/** Of seconds since 1970 with a fraction. */
function timeOf(seconds: unknown): number | TimeFallback {
  if (seconds === undefined || seconds === null) return 'no_time'
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds <= maxSeconds)) return 'bad_timestamp'
  // Half a millisecond is rarely a binary fraction: microseconds are rounded first, of which a double holds all.
  return Math.floor((Math.round(seconds * 1e6) + 500) / 1000)
}

/** Not more digits than `Number` has use for; no white space, which it would take. */
const decimal = /^\+?\d{1,16}(\.\d{0,40})?(e[+-]?\d{1,2})?$/i
/** Where a double no longer holds all microseconds: the year 2255. */
const maxSeconds = 9_007_199_254

import { KinloaderError } from '../../core/errors.ts'

/** A time during which a zone's clocks differ from UTC by the same. */
interface Period {
  /** UTC, excluded. */
  readonly untilMs: number
  /** East of Greenwich is positive. */
  readonly offsetMs: number
}

/**
 * The clocks of one time zone. `Intl` takes microseconds for each question, so a zone asks it some 60 times a year of
 * the calendar and keeps the answers; years come from 1969 to 2101 only, so what it keeps is bounded.
 */
export class Zone {
  readonly #offsetAt: (utcMs: number) => number
  readonly #years = new Map<number, readonly Period[]>()
  #year = Number.NaN
  #yearStartMs = 0
  #yearEndMs = 0

  /** `offsetAt`: how far clocks are ahead of UTC at a time, both in milliseconds. */
  constructor(offsetAt: (utcMs: number) => number) {
    this.#offsetAt = offsetAt
  }

  /**
   * When clocks in the zone show this time, which is given as if it were UTC and lies in `year`. Of a time which comes
   * twice, when clocks are put back, it is the first; to one which is left out, when they are put forward, the offset
   * after it applies.
   */
  utcMs(localMs: number, year: number): number {
    const periods = this.#periodsOf(year)
    let utcMs = localMs
    for (const { untilMs, offsetMs } of periods) {
      utcMs = localMs - offsetMs
      if (utcMs < untilMs) break
    }
    return utcMs
  }

  /** The year calendars in the zone show. */
  yearAt(utcMs: number): number {
    if (utcMs < this.#yearStartMs || utcMs >= this.#yearEndMs) {
      this.#year = new Date(utcMs + this.#offsetAt(utcMs)).getUTCFullYear()
      this.#yearStartMs = this.utcMs(Date.UTC(this.#year, 0), this.#year)
      this.#yearEndMs = this.utcMs(Date.UTC(this.#year + 1, 0), this.#year)
    }
    return this.#year
  }

  #periodsOf(year: number): readonly Period[] {
    let periods = this.#years.get(year)
    if (periods === undefined) {
      // Two days more at both ends: the year in the zone is not that of UTC.
      periods = this.#periodsBetween(Date.UTC(year, 0) - 2 * dayMs, Date.UTC(year + 1, 0) + 2 * dayMs)
      this.#years.set(year, periods)
    }
    return periods
  }

  #periodsBetween(startMs: number, endMs: number): readonly Period[] {
    const periods: Period[] = []
    let offsetMs = this.#offsetAt(startMs)
    for (let atMs = startMs; atMs < endMs; atMs += stepMs) {
      const nextMs = this.#offsetAt(atMs + stepMs)
      if (nextMs === offsetMs) continue
      periods.push({ untilMs: this.#changeBetween(atMs, atMs + stepMs), offsetMs })
      offsetMs = nextMs
    }
    periods.push({ untilMs: Number.POSITIVE_INFINITY, offsetMs })
    return periods
  }

  /** The first second of the offset which holds at the end. */
  #changeBetween(startMs: number, endMs: number): number {
    const afterMs = this.#offsetAt(endMs)
    let before = startMs / 1000
    let after = endMs / 1000
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (this.#offsetAt(middle * 1000) === afterMs) after = middle
      else before = middle
    }
    return after * 1000
  }
}

/** Whether there is a time zone of this IANA name. */
export function isTimeZone(name: string): boolean {
  // `Intl` takes an offset such as +05:30 as well.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    offsetFormat(name)
    return true
  } catch {
    return false
  }
}

/** Throws `BAD_TIME_ZONE` when there is none of this name. */
export function namedZone(name: string): Zone {
  if (!isTimeZone(name)) {
    throw new KinloaderError('BAD_TIME_ZONE', `There is no time zone ${name}; give an IANA name such as Europe/Berlin.`)
  }
  const format = offsetFormat(name)
  return new Zone((utcMs) => offsetIn(format.format(utcMs)))
}

function offsetFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
}

/** `2/21/2018, GMT-05:00`, `…, GMT`, before 1972 also `…, GMT-00:44:30`. */
function offsetIn(formatted: string): number {
  const [, sign, hours, minutes, seconds = 0] = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(formatted) ?? []
  if (sign === undefined) return 0
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return sign === '-' ? -ms : ms
}

const dayMs = 86_400_000
/** Shorter than any summer time, and than Morocco's pause of it in Ramadan. */
const stepMs = 14 * dayMs

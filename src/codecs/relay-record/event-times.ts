import type { Counters } from '../../core/metrics.ts'
import type { MessageFormat } from '../../core/message-block.ts'
import { CefTimes } from '../cef-time.ts'
import { gelfEvent } from '../gelf-event.ts'
import { syslogTime } from '../syslog-time/message-time.ts'
import type { TimeFallback } from '../syslog-time/time-fallback.ts'
import { namedZone, type Zone } from '../syslog-time/zone.ts'

/**
 * When the message of each format happened: what it says itself, or else when it was received. Counts why it was that.
 * Nothing here depends on the zone of the machine.
 */
export class EventTimes {
  readonly #zone: Zone
  readonly #cef: CefTimes
  readonly #counters: Counters

  /** `timeZone`: of times without a zone; an IANA name, which may throw `BAD_TIME_ZONE`, or the zone. */
  constructor(timeZone: string | Zone, counters: Counters) {
    this.#zone = typeof timeZone === 'string' ? namedZone(timeZone) : timeZone
    this.#cef = new CefTimes(this.#zone)
    this.#counters = counters
  }

  /** Milliseconds since 1970, of the message which stands from `start` to `end`. */
  timeOf(format: MessageFormat, bytes: Uint8Array, start: number, end: number, receivedMs: number): number {
    const time = format === 'gelf' ? this.#gelfTime(bytes, start, end) : this.#syslogTime(bytes, start, end, receivedMs)
    if (typeof time === 'number') return time
    this.#counters.add(fallbackCounters[time])
    return receivedMs
  }

  #syslogTime(bytes: Uint8Array, start: number, end: number, receivedMs: number): number | TimeFallback {
    const time = syslogTime(bytes, start, end, receivedMs, this.#zone)
    if (time !== 'no_time' && time !== 'nil') return time
    return this.#cef.timeOf(bytes.subarray(start, end), receivedMs) ?? time
  }

  #gelfTime(bytes: Uint8Array, start: number, end: number): number | TimeFallback {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
    const { time, isTimestampText, fault } = gelfEvent(text)
    if (fault !== undefined) this.#counters.add(`gelf_invalid.${fault}`)
    if (isTimestampText) this.#counters.add('gelf_timestamp_text')
    return time
  }
}

/** Ready made: a sender without times costs one a message. */
const fallbackCounters: Readonly<Record<TimeFallback, string>> = {
  no_time: 'time_fallback.no_time',
  nil: 'time_fallback.nil',
  bad_pri: 'time_fallback.bad_pri',
  impossible_date: 'time_fallback.impossible_date',
  clock_not_set: 'time_fallback.clock_not_set',
  bad_timestamp: 'time_fallback.bad_timestamp',
}

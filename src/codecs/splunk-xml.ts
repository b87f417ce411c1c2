import type { Encoder } from '../core/codec.ts'
import type { LogEvent } from '../core/event.ts'
import type { Counters } from '../core/metrics.ts'
import { xmlText, xmlTextNeeded } from './xml-text.ts'

/**
 * Events as splunkd reads them from a modular input in xml mode (without the `<stream>` around them):
 *
 *     <event><time>1493640000.123</time><source>…</source><sourcetype>…</sourcetype><index>…</index><host>…</host>
 *     <data>…</data></event>\n
 *
 * A chunk of a stream which Splunk has to cut into events itself is `<event unbroken="1">`, with `<done/>` behind its
 * data when the stream ends there.
 *
 * Whatever comes in, well-formed UTF-8 XML 1.0 goes out. Characters which XML cannot carry (most control characters,
 * U+FFFE, U+FFFF, lone surrogates) and bytes which are no UTF-8 become U+FFFD; a carriage return is written as
 * `&#13;`, because parsers turn a plain one into a line feed.
 */
export interface SplunkXmlOptions {
  /** Gets `replaced_characters` and `long_events`. */
  readonly counters: Counters
  /** For events which say nothing about it themselves. Default: left to the settings of the input. */
  readonly fallback?: EventOrigin
  /** Forced on every event, whatever it says. Default none. */
  readonly override?: EventOrigin
  /**
   * Events of more bytes count as `long_events`, unless their sourcetype is ours: Splunk's TRUNCATE cuts them there,
   * and only our own sourcetypes come with a setting against it. Default 10,000, as Splunk's.
   */
  readonly longEventBytes?: number
}

export interface EventOrigin {
  readonly host?: string
  readonly source?: string
  readonly sourcetype?: string
  readonly index?: string
}

/** Sourcetypes for which the app brings its own props. */
const ourSourcetypes = /^kinloader(:|$)/

/** Distinct origins kept as ready-made XML; when there are more, all are made anew. */
const maxOrigins = 1000

/** Messages looked at together: enough to make one search of many, few enough to stay in the cache. */
const runLength = 256

export class SplunkXmlEncoder implements Encoder<LogEvent> {
  readonly name = 'splunk-xml'
  readonly #counters: Counters
  readonly #fallback: EventOrigin
  readonly #override: EventOrigin
  readonly #longEventBytes: number
  readonly #frames = new Map<string, Frame>()

  constructor(options: SplunkXmlOptions) {
    this.#counters = options.counters
    this.#fallback = options.fallback ?? {}
    this.#override = options.override ?? {}
    this.#longEventBytes = options.longEventBytes ?? 10_000
  }

  encode(events: readonly LogEvent[]): Uint8Array {
    // The output is put together as one string with a character for each *byte* (latin1), whatever the messages are
    // made of: such strings join, search and leave several times as fast as those with wide characters.
    let out = ''
    let previous: LogEvent = nothingSaid
    let frame = this.#frameOf(previous)
    // What closes the event before and opens the next is one piece, kept while it stays the same.
    let closing = ''
    let withoutTime = frame.withoutTime
    let seconds = -1
    let untilSeconds = ''
    for (let start = 0; start < events.length; start += runLength) {
      const end = Math.min(start + runLength, events.length)
      const needed = xmlTextNeeded(joinedStrings(events, start, end))
      for (let i = start; i < end; i++) {
        const event = events[i] ?? nothingSaid
        const before = i === 0 ? '' : closeOf(previous)
        if (before !== closing || !sameFrame(event, previous)) {
          frame = this.#frameOf(event)
          closing = before
          withoutTime = flat(closing + frame.withoutTime)
          seconds = -1
        }
        previous = event
        const { message, time } = event

        if (time !== undefined && time.seconds >= 0) {
          if (time.seconds !== seconds) {
            seconds = time.seconds
            untilSeconds = flat(closing + frame.beforeTime + String(seconds))
          }
          out += untilSeconds
          if (time.nanos > 0) out += fraction(time.nanos)
          out += frame.afterTime
        } else {
          out += withoutTime
        }

        if (typeof message === 'string' && needed?.test(message) !== true) {
          if (message.length > this.#longEventBytes) this.#countLong(frame)
          out += message
        } else {
          const text = xmlText(message)
          if (text.bytes > this.#longEventBytes) this.#countLong(frame)
          if (text.replaced > 0) this.#counters.add('replaced_characters', text.replaced)
          out += text.latin1
        }
        if (frame.replaced > 0) this.#counters.add('replaced_characters', frame.replaced)
      }
    }
    if (events.length > 0) out += closeOf(previous)
    return Buffer.from(out, 'latin1')
  }

  /** The XML around time and data, which is the same for all events of one origin. */
  #frameOf(event: LogEvent): Frame {
    const { host, source, sourcetype, index, unbroken } = event
    const key = [host, source, sourcetype, index, unbroken === true ? '1' : ''].join('\0')
    let frame = this.#frames.get(key)
    if (frame === undefined) {
      if (this.#frames.size >= maxOrigins) this.#frames.clear()
      frame = this.#makeFrame(event)
      this.#frames.set(key, frame)
    }
    return frame
  }

  #makeFrame(event: LogEvent): Frame {
    const origin: EventOrigin = { ...known(this.#fallback), ...known(event), ...known(this.#override) }
    let replaced = 0
    let elements = ''
    for (const name of originElements) {
      const value = origin[name]
      if (value === undefined) continue
      const text = xmlText(value)
      replaced += text.replaced
      elements += `<${name}>${text.latin1}</${name}>`
    }
    const open = event.unbroken === true ? '<event unbroken="1">' : '<event>'
    return {
      beforeTime: `${open}<time>`,
      afterTime: flat(`</time>${elements}<data>`),
      withoutTime: flat(`${open}${elements}<data>`),
      replaced,
      mayBeLong: ourSourcetypes.test(origin.sourcetype ?? ''),
    }
  }

  #countLong(frame: Frame): void {
    if (!frame.mayBeLong) this.#counters.add('long_events')
  }
}

interface Frame {
  readonly beforeTime: string
  readonly afterTime: string
  readonly withoutTime: string
  /** Characters replaced in the origin, with every event anew. */
  readonly replaced: number
  readonly mayBeLong: boolean
}

const close = '</data></event>\n'
const closeDone = '</data><done/></event>\n'

const originElements = ['source', 'sourcetype', 'index', 'host'] as const

const nothingSaid: LogEvent = { message: '' }

/**
 * What is really said about the origin. splunkd hands inputs its own placeholders, `$decideOnStartup` for the host and
 * `default` for the rest; written back they would be taken for names.
 */
function known(origin: EventOrigin): EventOrigin {
  const result: { -readonly [name in keyof EventOrigin]: string } = {}
  for (const name of originElements) {
    const value = origin[name]
    if (value === undefined || value === '' || value === '$decideOnStartup') continue
    if (value !== 'default' || name === 'host') result[name] = value
  }
  return result
}

/**
 * The same text in one piece. V8 joins strings by reference; a joined one that is used in every event would be walked
 * through again for each.
 */
function flat(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('latin1')
}

function sameFrame(a: LogEvent, b: LogEvent): boolean {
  return (
    a.host === b.host &&
    a.source === b.source &&
    a.sourcetype === b.sourcetype &&
    a.index === b.index &&
    a.unbroken === b.unbroken
  )
}

function closeOf(event: LogEvent): string {
  return event.unbroken === true && event.done === true ? closeDone : close
}

/** One search of all messages costs a fraction of a search of each. */
function joinedStrings(events: readonly LogEvent[], start: number, end: number): string {
  let joined = ''
  for (let i = start; i < end; i++) {
    const message = events[i]?.message
    if (typeof message === 'string') joined += message
  }
  return joined
}

/** With its dot, in as many groups of three digits as are known. */
function fraction(nanos: number): string {
  const millis = Math.floor(nanos / 1_000_000)
  const belowMillis = nanos - millis * 1_000_000
  const micros = Math.floor(belowMillis / 1000)
  const belowMicros = belowMillis - micros * 1000
  let digits = '.' + threeDigits(millis)
  if (belowMillis > 0) digits += threeDigits(micros)
  if (belowMicros > 0) digits += threeDigits(belowMicros)
  return digits
}

const allThreeDigits = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'))

function threeDigits(number: number): string {
  return allThreeDigits[number] ?? '000'
}

import type { Decoded, Decoder } from '../core/codec.ts'
import { errorText, KinloaderError } from '../core/errors.ts'
import type { LogEvent } from '../core/event.ts'
import { maxEvents, tooManyEvents } from './event-limit.ts'
import { type Inflated, inflatedIfGzip } from './inflating.ts'
import { jsonAnyEnd, jsonStringEnd, skipJsonSpace } from './json-objects.ts'

/**
 * What a subscription of CloudWatch Logs puts into a stream, and what relays write in the same shape: one gzip stream
 * of a JSON object, or of several one after the other.
 *
 *     gzip( {"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/lambda/f","logStream":"i-0123456789abcdef0",
 *            "subscriptionFilters":["all"],"logEvents":[{"id":"3195…","timestamp":1519247270240,"message":"text"},…]} )
 *
 * An event's source is `logGroup:logStream`. Its host is the log stream where that is an IP address or the id of an EC2
 * instance, as relays and the CloudWatch agent name their streams; other names tell no host. A `CONTROL_MESSAGE`, with
 * which CloudWatch tries whether the stream can be reached, holds no events.
 */
export const cloudWatchDecoder: Decoder<LogEvent> = {
  name: 'cloudwatch',
  decode: (payload) => decodeInflatedCloudWatch(inflatedIfGzip(payload)),
}

/** Only what is asked for is made of the JSON: a hostile tree of 32 MiB would take a gigabyte. */
export function decodeInflatedCloudWatch({ bytes, error }: Inflated): Decoded<LogEvent> {
  const reader = new Reader(bytes)
  try {
    reader.readAll()
  } catch (damage) {
    if (!(damage instanceof KinloaderError)) throw damage
    return { items: reader.items, error: error ?? damage }
  }
  return error === undefined ? { items: reader.items } : { items: reader.items, error }
}

/** Whether inflated bytes begin with an object which says that it is such a message. */
export function beginsCloudWatch(bytes: Buffer): boolean {
  // What precedes the events is a few hundred bytes.
  return new Reader(bytes.subarray(0, 65_536)).beginsWithHead()
}

interface Head {
  messageType?: string
  logGroup?: string
  logStream?: string
}

class Reader {
  readonly items: LogEvent[] = []
  readonly #bytes: Buffer
  /** One character a byte: positions in it are positions in the bytes. */
  readonly #text: string
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#text = bytes.toString('latin1')
  }

  readAll(): void {
    this.#skip()
    do this.#readMessage()
    while (this.#at < this.#text.length)
  }

  beginsWithHead(): boolean {
    const head: Head = {}
    try {
      this.#skip()
      for (const key of this.#members()) {
        if (key === 'logEvents') break
        this.#readHead(head, key)
      }
    } catch {
      // It is cut, or no JSON: what was read until then tells.
    }
    return (
      (head.messageType === 'DATA_MESSAGE' || head.messageType === 'CONTROL_MESSAGE') &&
      head.logGroup !== undefined &&
      head.logStream !== undefined
    )
  }

  #readMessage(): void {
    const head: Head = {}
    let eventsAt: number | undefined
    for (const key of this.#members()) {
      if (key !== 'logEvents') {
        this.#readHead(head, key)
      } else if (head.messageType === undefined || head.logGroup === undefined || head.logStream === undefined) {
        eventsAt = this.#at
        this.#skipValue()
      } else {
        this.#readEvents(head)
      }
    }
    this.#skip()
    if (eventsAt === undefined) return
    const end = this.#at
    this.#at = eventsAt
    this.#readEvents(head)
    this.#at = end
  }

  #readHead(head: Head, key: string): void {
    if (key === 'messageType' || key === 'logGroup' || key === 'logStream') head[key] = this.#readString()
    else this.#skipValue()
  }

  #readEvents({ messageType, logGroup = '', logStream = '' }: Head): void {
    if (messageType === 'CONTROL_MESSAGE') {
      this.#skipValue()
      return
    }
    const origin = { source: `${logGroup}:${logStream}`, ...(machineName.test(logStream) && { host: logStream }) }
    this.#expect(openBracket, 'its logEvents are no array')
    this.#skip()
    if (this.#take(closeBracket)) return
    for (;;) {
      if (this.items.length === maxEvents) throw tooManyEvents()
      this.items.push(this.#readEvent(origin))
      this.#skip()
      if (this.#take(closeBracket)) return
      this.#expect(comma, 'its logEvents are no JSON')
      this.#skip()
    }
  }

  #readEvent(origin: Pick<LogEvent, 'source' | 'host'>): LogEvent {
    let message: string | undefined
    let millis = Number.NaN
    for (const key of this.#members()) {
      if (key === 'message') message = this.#readString()
      else if (key === 'timestamp') millis = this.#readNumber()
      else this.#skipValue()
    }
    if (message === undefined) throw this.#damaged('an event has no message')
    if (!Number.isSafeInteger(millis)) return { ...origin, message }
    const seconds = Math.floor(millis / 1000)
    return { ...origin, message, time: { seconds, nanos: (millis - seconds * 1000) * 1_000_000 } }
  }

  /** The keys of the object which begins here; whoever iterates reads or skips each value. */
  *#members(): Generator<string, void> {
    this.#expect(openBrace, 'there is something else than an object')
    this.#skip()
    if (this.#take(closeBrace)) return
    for (;;) {
      const key = this.#readString()
      this.#skip()
      this.#expect(colon, 'an object is no JSON')
      this.#skip()
      yield key
      this.#skip()
      if (this.#take(closeBrace)) return
      this.#expect(comma, 'an object is no JSON')
      this.#skip()
    }
  }

  #readString(): string {
    const start = this.#at
    const end = jsonStringEnd(this.#text, start)
    if (end < 0) throw this.#damaged('a text is missing or does not end')
    this.#at = end
    try {
      return String(JSON.parse(this.#bytes.toString('utf8', start, end)))
    } catch (cause) {
      throw this.#damaged(errorText(cause), cause)
    }
  }

  /** NaN when it is none. */
  #readNumber(): number {
    const start = this.#at
    this.#skipValue()
    const digits = this.#text.slice(start, this.#at)
    return /^-?\d{1,16}$/.test(digits) ? Number(digits) : Number.NaN
  }

  #skipValue(): void {
    const end = jsonAnyEnd(this.#text, this.#at)
    if (end < 0) throw this.#damaged('a value does not end')
    this.#at = end
  }

  #skip(): void {
    this.#at = skipJsonSpace(this.#text, this.#at)
  }

  #take(code: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== code) return false
    this.#at++
    return true
  }

  #expect(code: number, otherwise: string): void {
    if (!this.#take(code)) throw this.#damaged(otherwise)
  }

  #damaged(what: string, cause?: unknown): KinloaderError {
    return new KinloaderError(
      'CLOUDWATCH_DAMAGED',
      `The CloudWatch Logs record is damaged at byte ${this.#at}: ${what}.`,
      { cause },
    )
  }
}

const machineName = /^(\d{1,3}(\.\d{1,3}){3}|[\da-f]*:[\da-f:.]+|i-[\da-f]{8,17})$/i
const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

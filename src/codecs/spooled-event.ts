import { KinloaderError } from '../core/errors.ts'
import type { LogEvent } from '../core/event.ts'

/**
 * An event as it lies in a spool, to be read by this program or a later version of it and by nobody else:
 *
 *     ┌─────────┬───────┬─────────┬───────┬──────┬────────┬────────────┬───────┬────────┬─────────┐
 *     │ version │ flags │ seconds │ nanos │ host │ source │ sourcetype │ index │ fields │ message │
 *     └─────────┴───────┴─────────┴───────┴──────┴────────┴────────────┴───────┴────────┴─────────┘
 *      version  1
 *      flags    which are there: bit 0 time, 1 host, 2 source, 3 sourcetype, 4 index, 5 fields; 6 unbroken, 7 done
 *      seconds  a big-endian double, may be negative; nanos a big-endian u32
 *      host …   texts: length in bytes as LEB128, then UTF-8
 *      fields   how many as LEB128, then key and value as texts
 *      message  the rest, as it is
 *
 * Whether the message was a string is not kept: it comes back as bytes. An empty text comes back as absent, which
 * means the same.
 */
export function encodeSpooledEvent(event: LogEvent): Buffer {
  const { message, time, fields = {}, unbroken = false, done = false } = event
  const texts: string[] = []
  let flags = (time === undefined ? 0 : timeFlag) | (unbroken ? unbrokenFlag : 0) | (done ? doneFlag : 0)
  for (const [key, flag] of textFlags) {
    const text = event[key] ?? ''
    if (text === '') continue
    flags |= flag
    texts.push(text)
  }
  const said = texts.length
  texts.push(...Object.entries(fields).flat())
  const pairs = (texts.length - said) / 2
  if (pairs > 0) flags |= fieldsFlag

  const lengths = texts.map((text) => Buffer.byteLength(text))
  let size = 2 + (time === undefined ? 0 : 12) + (pairs > 0 ? leb128Bytes(pairs) : 0)
  for (const length of lengths) size += leb128Bytes(length) + length
  const messageBytes = typeof message === 'string' ? Buffer.byteLength(message) : message.length
  const bytes = Buffer.allocUnsafe(size + messageBytes)

  bytes[0] = version
  bytes[1] = flags
  let at = 2
  if (time !== undefined) at = bytes.writeUInt32BE(time.nanos, bytes.writeDoubleBE(time.seconds, at))
  for (const [i, text] of texts.entries()) {
    if (i === said) at = writeLeb128(bytes, pairs, at)
    at = writeLeb128(bytes, lengths[i] ?? 0, at)
    at += bytes.write(text, at)
  }
  if (typeof message === 'string') bytes.write(message, at)
  else bytes.set(message, at)
  return bytes
}

/** Throws `SPOOLED_EVENT_DAMAGED` on anything `encodeSpooledEvent` did not write. The message is a view of `bytes`. */
export function decodeSpooledEvent(bytes: Uint8Array): LogEvent {
  const cursor = new Cursor(bytes)
  if (cursor.byte() !== version) throw damaged('its version is not known')
  const flags = cursor.byte()
  const time = (flags & timeFlag) === 0 ? undefined : { seconds: cursor.double(), nanos: cursor.uint32() }
  const texts: Partial<Record<TextKey, string>> = {}
  for (const [key, flag] of textFlags) if ((flags & flag) !== 0) texts[key] = cursor.text()
  const pairs: [string, string][] = []
  const count = (flags & fieldsFlag) === 0 ? 0 : cursor.leb128()
  for (let i = 0; i < count; i += 1) pairs.push([cursor.text(), cursor.text()])
  return {
    message: cursor.rest(),
    ...(time !== undefined && { time }),
    ...texts,
    ...(count > 0 && { fields: Object.fromEntries(pairs) }),
    ...((flags & unbrokenFlag) !== 0 && { unbroken: true }),
    ...((flags & doneFlag) !== 0 && { done: true }),
  }
}

const version = 1
const timeFlag = 1
const textFlags = [
  ['host', 2],
  ['source', 4],
  ['sourcetype', 8],
  ['index', 16],
] as const
const fieldsFlag = 32
const unbrokenFlag = 64
const doneFlag = 128

type TextKey = (typeof textFlags)[number][0]

function leb128Bytes(value: number): number {
  let count = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count += 1
  return count
}

function writeLeb128(bytes: Buffer, value: number, at: number): number {
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) at = bytes.writeUInt8(128 + (rest % 128), at)
  return bytes.writeUInt8(rest, at)
}

/** Reads forwards, and never past the end. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#step(1))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#step(4))
  }

  double(): number {
    return this.#bytes.readDoubleBE(this.#step(8))
  }

  leb128(): number {
    let value = 0
    // Five bytes hold 32 bits and more, and no length here needs more.
    for (let factor = 1; factor <= 128 ** 4; factor *= 128) {
      const byte = this.byte()
      value += (byte % 128) * factor
      if (byte < 128) return value
    }
    throw damaged('a length does not end')
  }

  text(): string {
    const length = this.leb128()
    const start = this.#step(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at)
  }

  #step(length: number): number {
    const start = this.#at
    if (start + length > this.#bytes.length) throw damaged('it is cut short')
    this.#at = start + length
    return start
  }
}

function damaged(what: string): KinloaderError {
  return new KinloaderError('SPOOLED_EVENT_DAMAGED', `A spooled event cannot be read: ${what}.`)
}

import type { Decoded, Decoder } from '../core/codec.ts'
import type { LogEvent } from '../core/event.ts'
import { type Inflated, inflatedIfGzip } from './inflating.ts'
import { maxEvents, tooManyEvents } from './event-limit.ts'
import { Messages } from './messages.ts'

/**
 * Any text, gzip or not: a line is an event. Lines end in LF or CR LF, the last one may lack it; empty ones are
 * skipped. A damaged gzip gives the lines before the damage, the last of them as far as it goes.
 */
export const textDecoder: Decoder<LogEvent> = {
  name: 'text',
  decode: (payload) => decodeText(inflatedIfGzip(payload)),
}

export function decodeText({ bytes, error }: Inflated): Decoded<LogEvent> {
  const messages = new Messages(bytes)
  const { text } = messages
  const items: LogEvent[] = []
  for (let start = 0; start < text.length; ) {
    const lineFeed = text.indexOf('\n', start)
    const next = lineFeed < 0 ? text.length : lineFeed + 1
    let end = lineFeed < 0 ? text.length : lineFeed
    if (end > start && text.charCodeAt(end - 1) === carriageReturn) end--
    if (items.length === maxEvents) return { items, error: error ?? tooManyEvents() }
    if (end > start) items.push({ message: messages.between(start, end) })
    start = next
  }
  return error === undefined ? { items } : { items, error }
}

const carriageReturn = 0x0d

import type { Decoded, Decoder } from '../core/codec.ts'
import { KinloaderError } from '../core/errors.ts'
import type { LogEvent } from '../core/event.ts'
import { type Inflated, inflatedIfGzip } from './inflating.ts'
import { jsonValueEnd, skipJsonSpace } from './json-objects.ts'
import { maxEvents, tooManyEvents } from './event-limit.ts'
import { Messages } from './messages.ts'

/**
 * JSON objects or arrays one after the other, with line feeds, other white space or nothing between, gzip or not. Each
 * is one event, its text as it stood. Where one ends is told by its brackets; what is between them is left to Splunk.
 */
export const jsonLinesDecoder: Decoder<LogEvent> = {
  name: 'json',
  decode: (payload) => decodeJsonLines(inflatedIfGzip(payload)),
}

export function decodeJsonLines({ bytes, error }: Inflated): Decoded<LogEvent> {
  const messages = new Messages(bytes)
  const { text } = messages
  const items: LogEvent[] = []
  for (let start = skipJsonSpace(text, 0); start < text.length; ) {
    const end = jsonValueEnd(text, start)
    if (end < 0) return { items, error: error ?? damaged(start) }
    if (items.length === maxEvents) return { items, error: error ?? tooManyEvents() }
    items.push({ message: messages.between(start, end) })
    start = skipJsonSpace(text, end)
  }
  return error === undefined ? { items } : { items, error }
}

function damaged(at: number): KinloaderError {
  return new KinloaderError(
    'JSON_DAMAGED',
    `The record is no row of JSON objects: at byte ${at} begins something else.`,
  )
}

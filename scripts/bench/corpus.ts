import { gzipSync } from 'node:zlib'
import { encodeLogRecord } from '../../src/codecs/log-record-encoding.ts'
import type { EventTime } from '../../src/core/event.ts'

/**
 * The same log lines for the same seed: plausible text, a few of them with characters which XML has to escape, no two
 * records alike (repeated content would flatter the parsers).
 */
export interface CorpusOptions {
  /** Default 1. */
  readonly seed?: number
  readonly records: number
  readonly eventsPerRecord: number
  /** Default 120. */
  readonly eventBytes?: number
}

export interface CorpusEvent {
  readonly message: string
  readonly time: EventTime
}

export const corpusMetadata = {
  unbroken: false,
  source: '/var/log/app/server.log',
  sourcetype: 'app:server',
  host: 'web-17.example.com',
  index: 'main',
  encId: 4611686018427387905n,
  blockId: 0n,
}

export function* corpus(options: CorpusOptions): Generator<readonly CorpusEvent[]> {
  const { records, eventsPerRecord, eventBytes = 120 } = options
  const random = mulberry32(options.seed ?? 1)
  let seconds = 1_767_225_600
  let nanos = 0
  for (let record = 0; record < records; record++) {
    const events: CorpusEvent[] = []
    for (let i = 0; i < eventsPerRecord; i++) {
      nanos += Math.floor(random() * 3_000_000)
      if (nanos >= 1_000_000_000) {
        nanos -= 1_000_000_000
        seconds++
      }
      events.push({ message: line(random, eventBytes), time: { seconds, nanos } })
    }
    yield events
  }
}

/** A record as the log sender makes it. */
export function asLogRecord(events: readonly CorpusEvent[]): Buffer {
  return encodeLogRecord(
    corpusMetadata,
    events.map(({ message, time }) => ({ data: message, time })),
  )
}

/** The messages alone, a line each. */
export function asText(events: readonly CorpusEvent[]): Buffer {
  return gzipSync(`${events.map(({ message }) => message).join('\n')}\n`)
}

const words =
  'INFO WARN ERROR GET POST request completed timeout user session connection reset by peer cache hit miss retry ' +
  '/api/v1/orders /api/v1/users /health /login status=200 status=404 status=500 duration_ms= trace_id= queue='
const choices = words.split(' ')

function line(random: () => number, bytes: number): string {
  let text = ''
  while (text.length < bytes) {
    const kind = random()
    if (kind < 0.002) text += '/search?q=a&page=<1> '
    else if (kind < 0.4) text += `${Math.floor(random() * 2 ** 32).toString(36)} `
    else text += `${choices[Math.floor(random() * choices.length)] ?? ''} `
  }
  return text.slice(0, bytes)
}

function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

import type { EventTime } from '../../src/core/event.ts'
import { SeededRandom } from '../../test/support/seeded-random.ts'
import { writers, type LineWriter } from './log-writers.ts'

/** Where lines come from: what a log sender says once for all lines of a record. */
export interface Origin {
  readonly host: string
  readonly source: string
  readonly sourcetype: string
  /** Empty: the default index. */
  readonly index: string
  /** Sent under one partition key, so that all of its lines go through one shard at a time. */
  readonly unbroken: boolean
}

/** One log entry, of one line or several. */
export interface LogLine {
  /** Counts from 1 over all origins; stands in the text as `seq=00000001`. */
  readonly number: number
  readonly origin: Origin
  /** To the microsecond. */
  readonly time: EventTime
  /** Without the line end. */
  readonly text: string
}

interface Producer {
  readonly origin: Origin
  readonly write: LineWriter
  /** How many of a hundred lines are its. */
  readonly share: number
}

const producers: readonly Producer[] = [
  producer(26, writers.access, 'web-1', '/var/log/nginx/access.log', 'nginx:access', { index: 'web' }),
  producer(22, writers.access, 'web-2', '/var/log/nginx/access.log', 'nginx:access', { index: 'web' }),
  producer(4, writers.proxyError, 'web-2', '/var/log/nginx/error.log', 'nginx:error', { index: 'web' }),
  producer(16, writers.shop, 'app-1', '/srv/shop/logs/shop.log', 'log4j'),
  producer(12, writers.json, 'app-2', '/srv/zahlungen/ereignisse.json', '_json'),
  producer(12, writers.system, 'db-1', '/var/log/syslog', 'syslog', { unbroken: true }),
  producer(8, writers.system, 'büro-gw', '/var/log/messages', 'syslog', { unbroken: true }),
]

/**
 * Log lines as a small web shop writes them: nginx, syslog, a Java program with stack traces of several lines, JSON.
 * The whole run follows from the seed and the times that are handed in.
 */
export class LogLines {
  readonly #random: SeededRandom
  #count = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  next(nowMs: number): LogLine {
    this.#count += 1
    const { origin, write } = this.#pick()
    const micros = this.#random.between(0, 999)
    const time = { seconds: Math.floor(nowMs / 1000), nanos: (Math.floor(nowMs % 1000) * 1000 + micros) * 1000 }
    const seq = `seq=${String(this.#count).padStart(8, '0')}`
    const text = write({ random: this.#random, date: new Date(nowMs), host: origin.host, seq })
    return { number: this.#count, origin, time, text }
  }

  #pick(): Producer {
    let at = this.#random.next() * 100
    for (const one of producers) {
      at -= one.share
      if (at < 0) return one
    }
    return this.#random.pick(producers)
  }
}

/** The number which a line's text bears; undefined for a text that is none of ours. */
export function lineNumber(text: string): number | undefined {
  const found = /\bseq=(\d{8})\b/.exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

function producer(
  share: number,
  write: LineWriter,
  host: string,
  source: string,
  sourcetype: string,
  more: { readonly index?: string; readonly unbroken?: boolean } = {},
): Producer {
  return { share, write, origin: { host, source, sourcetype, index: '', unbroken: false, ...more } }
}

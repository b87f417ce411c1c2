import { hostname } from 'node:os'
import type { Readable, Transform } from 'node:stream'
import build from 'pino-abstract-transport'
import { parseRfc3339 } from './codecs/rfc3339.ts'
import type { Clock } from './core/clock.ts'
import { errorCode, errorText } from './core/errors.ts'
import type { EventTime, LogEvent } from './core/event.ts'
import type { Logger } from './core/logger.ts'
import { surroundings } from './host/surroundings.ts'
import { systemClock } from './host/system-clock.ts'
import { type LogSender, type LogSenderOptions, openLogSender } from './wiring/log-sender.ts'

export interface PinoTransportOptions extends LogSenderOptions {
  /** Splunk's host. Default the name of the machine. */
  readonly host?: string
  /** Splunk's source, sourcetype and index. Default: none, and what the input in Splunk says holds. */
  readonly source?: string
  readonly sourcetype?: string
  readonly index?: string
  /** Default `drop`: pino keeps without limit what its transport does not take, and a log must not end its program. */
  readonly whenFull?: 'wait' | 'drop'
  /** For what is not delivered when the log ends, in milliseconds. Default 8,000: pino waits for 10 s at most. */
  readonly closeTimeoutMs?: number
}

/**
 * A pino transport:
 *
 *     pino({ transport: { target: 'kinloader/pino', options: { stream: 'logs', sourcetype: 'pino' } } })
 *
 * Each line is one event, as it is; its `time` is the event's. A line which is no JSON is sent without a time, an empty
 * one is not sent. A line too large for a record is dropped and told in the log. Whatever ends the sender ends the
 * transport, with its error.
 */
export default async function pinoTransport(options: PinoTransportOptions): Promise<Transform> {
  const { host = hostname(), source, sourcetype, index, closeTimeoutMs = 8000, ...senderOptions } = options
  const { logger = surroundings().logger, clock = systemClock } = options
  const sender = await openLogSender({ whenFull: 'drop', ...senderOptions, logger })
  const metadata = {
    ...(host !== '' && { host }),
    ...(source !== undefined && { source }),
    ...(sourcetype !== undefined && { sourcetype }),
    ...(index !== undefined && { index }),
  }
  const sending: { done: Promise<void> } = { done: Promise.resolve() }
  return build(
    (lines) => {
      sending.done = sendLines(lines, metadata, sender, logger)
      return sending.done
    },
    {
      parseLine: (line) => ({ line }),
      metadata: false,
      async close(error: Error | null) {
        const beganMs = clock.monotonic()
        // The last line may still wait to be taken when the stream has ended; after a failure nobody waits for it.
        if (error === null) await settledOr(clock, Math.min(closeTimeoutMs, longestTimerMs), sending.done)
        const { events, bytes } = await sender.close(Math.max(0, closeTimeoutMs - clock.monotonic() + beganMs))
        const { droppedWrites } = sender.statistics()
        if (droppedWrites > 0) logger.error('pino', { dropped_in_all: droppedWrites })
        if (events > 0) logger.error('pino', { lost: events, bytes })
        if (error !== null) throw error
      },
    },
  )
}

async function sendLines(
  lines: Readable,
  metadata: Omit<LogEvent, 'message'>,
  sender: LogSender,
  logger: Logger,
): Promise<void> {
  for await (const { line } of lines as AsyncIterable<{ readonly line: string }>) {
    if (line === '') continue
    const time = timeOf(line)
    try {
      await sender.write({ ...metadata, message: line, ...(time !== undefined && { time }) })
    } catch (error) {
      if (errorCode(error) !== 'EVENT_TOO_LARGE') {
        // Thrown out of the loop it would arrive as the error of a stream which was left in the middle.
        lines.destroy(error instanceof Error ? error : new Error(errorText(error)))
        return
      }
      logger.error('pino', { dropped: 1, error: errorText(error) })
    }
  }
}

/** A longer timer would be over at once. */
const longestTimerMs = 2 ** 31 - 1

async function settledOr(clock: Clock, timeoutMs: number, work: Promise<void>): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, clock.sleep(timeoutMs, done.signal)])
  done.abort()
}

/** What pino's time functions write: milliseconds, seconds, or RFC 3339. */
function timeOf(line: string): EventTime | undefined {
  let time: unknown
  try {
    time = (JSON.parse(line) as { readonly time?: unknown } | null)?.time
  } catch {
    return undefined
  }
  if (typeof time === 'string') return parseRfc3339(time)
  if (typeof time !== 'number' || !Number.isFinite(time)) return undefined
  // Milliseconds before March 1973 are taken for seconds, which `pino.stdTimeFunctions.unixTime` writes.
  const ms = Math.abs(time) < 1e11 ? time * 1000 : time
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanos: Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1_000_000)) }
}

import { Writable } from 'node:stream'
import type { Clock } from '../../core/clock.ts'
import type { EventTime, LogEvent } from '../../core/event.ts'
import type { KinesisSender } from './sender.ts'

/** What all events of a writer have in common. */
export type EventMetadata = Pick<LogEvent, 'source' | 'sourcetype' | 'host' | 'index'>

export interface EventWriterOptions {
  /** Whether each event bears the time it was written. Default false: Splunk finds the time in the text. */
  readonly timestamp?: boolean
}

/**
 * A `Writable` for any logger: each write is exactly one event, of one line or many. Its back-pressure is the sender's.
 * An event which is not taken is the write's error.
 */
export function createEventWriter(
  sender: KinesisSender,
  metadata: EventMetadata,
  clock: Clock,
  { timestamp = false }: EventWriterOptions = {},
): Writable {
  return new Writable({
    decodeStrings: false,
    // An event too large for Kinesis is told to who wrote it and must not end the logging of all others.
    autoDestroy: false,
    emitClose: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      const event: LogEvent = {
        ...metadata,
        message: typeof chunk === 'string' ? chunk : Uint8Array.from(chunk),
        ...(timestamp && { time: timeOf(clock.now()) }),
      }
      sender.send(event).then(() => {
        done()
      }, done)
    },
    destroy(error, done) {
      done(error ?? null)
    },
  })
}

function timeOf(nowMs: number): EventTime {
  const seconds = Math.floor(nowMs / 1000)
  return { seconds, nanos: Math.round((nowMs - seconds * 1000) * 1_000_000) }
}

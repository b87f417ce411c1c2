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
 * An event too large for Kinesis is dropped, counted and told in the log: an error would end the stream, and with it
 * all logging.
 */
export function createEventWriter(
  sender: KinesisSender,
  metadata: EventMetadata,
  clock: Clock,
  { timestamp = false }: EventWriterOptions = {},
): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, encoding, done) {
      const event: LogEvent = {
        ...metadata,
        message: messageOf(chunk, encoding),
        ...(timestamp && { time: timeOf(clock.now()) }),
      }
      sender.sendOrDrop(event).then(() => {
        done()
      }, done)
    },
  })
}

/** Bytes are copied: whoever wrote them may use them again. */
function messageOf(chunk: string | Uint8Array, encoding: BufferEncoding): string | Uint8Array {
  if (typeof chunk !== 'string') return new Uint8Array(chunk)
  return encoding === 'utf8' || encoding === 'utf-8' ? chunk : Buffer.from(chunk, encoding)
}

function timeOf(nowMs: number): EventTime {
  const seconds = Math.floor(nowMs / 1000)
  return { seconds, nanos: Math.round((nowMs - seconds * 1000) * 1_000_000) }
}

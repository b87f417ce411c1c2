import { messageText } from '../codecs/message-text.ts'
import { EventTimes } from '../codecs/relay-record/event-times.ts'
import type { LogEvent } from '../core/event.ts'
import type { MessageBlock } from '../core/message-block.ts'
import type { Counters } from '../core/metrics.ts'
import type { EventMetadata } from './inputs/event-metadata.ts'

export interface MessageEventsOptions {
  /** Of times without one; an IANA name. */
  readonly timeZone: string
  /** What stands in place of our sourcetypes and sources. */
  readonly stanza: Pick<EventMetadata, 'source' | 'sourcetype'>
  /** Gets `invalid_utf8` (messages), `time_fallback.*`, `gelf_invalid.*` and `gelf_timestamp_text`. */
  readonly counters: Counters
}

/**
 * What others send us, as Splunk's events: the text as it came, the time it tells or else that of its arrival, the
 * sender as host, `udp:514` or `tcp:514` as source, as Splunk's own network inputs have it. GELF is its JSON.
 */
export class MessageEvents {
  readonly #options: MessageEventsOptions
  readonly #times: EventTimes

  /** Throws `BAD_TIME_ZONE`. */
  constructor(options: MessageEventsOptions) {
    this.#options = options
    this.#times = new EventTimes(options.timeZone, options.counters)
  }

  /** `lane` begins with the transport: `udp/514`, `tls/6514#17`. */
  readonly decode = ({ format, address, port, receivedMs, messages }: MessageBlock, lane: string): LogEvent[] => {
    const { stanza, counters } = this.#options
    const origin = {
      host: address,
      source: stanza.source ?? `${lane.startsWith('udp') ? 'udp' : 'tcp'}:${port}`,
      sourcetype: stanza.sourcetype ?? `kinloader:${format}`,
    }
    return Array.from(messages, (bytes) => {
      const { text, invalidBytes } = messageText(bytes)
      if (invalidBytes > 0) counters.add('invalid_utf8')
      const timeMs = this.#times.timeOf(format, bytes, 0, bytes.length, receivedMs)
      const seconds = Math.floor(timeMs / 1000)
      const { host, source, sourcetype } = origin
      return {
        message: text,
        time: { seconds, nanos: (timeMs - seconds * 1000) * 1_000_000 },
        host,
        source,
        sourcetype,
      }
    })
  }
}

import { dataLine } from '../../codecs/log-record-encoding.ts'
import type { LogEvent } from '../../core/event.ts'

/** What is said once for all events of a log record. */
export interface RecordMetadata {
  readonly unbroken: boolean
  readonly source: string
  readonly sourcetype: string
  readonly host: string
  readonly index: string
}

/** The events of a batch which can share a record: those of one metadata, in their order. */
export interface EventGroup {
  readonly metadata: RecordMetadata
  /** Of each event its line in the record; ASCII. */
  readonly lines: string[]
  /** Of all lines. */
  bytes: number
}

/** Events on their way into records: collected for at most a flush interval, then packed and delivered together. */
export class EventBatch {
  /** Unique for ever; the ids of its records begin with it. */
  readonly id: string
  /** Clock's monotonic milliseconds of the first event. */
  readonly openedAtMs: number
  readonly #groups = new Map<string, EventGroup>()
  #last: EventGroup | undefined
  #bytes = 0
  #events = 0

  constructor(id: string, openedAtMs: number) {
    this.id = id
    this.openedAtMs = openedAtMs
  }

  /** What its events hold, in bytes: `heldBytesOf` each. */
  get bytes(): number {
    return this.#bytes
  }

  get events(): number {
    return this.#events
  }

  /** In the order of their first events. */
  get groups(): readonly EventGroup[] {
    return [...this.#groups.values()]
  }

  /** `line` is `lineOf(event)`. */
  add(event: LogEvent, line: string): void {
    const group = this.#groupOf(event)
    group.lines.push(line)
    group.bytes += line.length
    this.#bytes += heldBytesOf(event, line)
    this.#events += 1
  }

  #groupOf(event: LogEvent): EventGroup {
    // Mostly the same as before; the key of each event costs more than its base64.
    if (this.#last !== undefined && isOf(this.#last.metadata, event)) return this.#last
    const key = groupKey(event)
    let group = this.#groups.get(key)
    if (group === undefined) {
      group = { metadata: metadataOf(event), lines: [], bytes: 0 }
      this.#groups.set(key, group)
    }
    this.#last = group
    return group
  }
}

/** The event's line in its record. A whole event is always done; a chunk of an unbroken stream when it says so. */
export function lineOf(event: LogEvent): string {
  return dataLine(event.message, event.time, event.unbroken === true ? event.done === true : true)
}

/**
 * What an event counts until it is delivered: its line, and its metadata, for these may be larger than the message,
 * other ones with each event, and are written to a spool with each.
 */
export function heldBytesOf({ source = '', sourcetype = '', host = '', index = '' }: LogEvent, line: string): number {
  return line.length + source.length + sourcetype.length + host.length + index.length
}

export function metadataOf(event: LogEvent): RecordMetadata {
  const { unbroken = false, source = '', sourcetype = '', host = '', index = '' } = event
  return { unbroken, source, sourcetype, host, index }
}

function isOf(metadata: RecordMetadata, event: LogEvent): boolean {
  const { unbroken = false, source = '', sourcetype = '', host = '', index = '' } = event
  if (source !== metadata.source || host !== metadata.host || unbroken !== metadata.unbroken) return false
  return sourcetype === metadata.sourcetype && index === metadata.index
}

/** Values are free text, so their lengths keep them apart. */
function groupKey({ unbroken = false, source = '', sourcetype = '', host = '', index = '' }: LogEvent): string {
  return `${unbroken ? 1 : 0}${source.length}:${source}${sourcetype.length}:${sourcetype}${host.length}:${host}${index}`
}

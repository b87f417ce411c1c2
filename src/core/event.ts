/**
 * A log event: what every codec makes and every sink takes.
 *
 * Absent means "the producer said nothing": the place it goes to fills in its own default. An empty string
 * means the same and codecs never produce one.
 */
export interface LogEvent {
  /** The event's text. Bytes when nobody has decoded them yet; they may be invalid UTF-8. */
  readonly message: string | Uint8Array
  /** When it happened. Absent is "no time known", never "the time of the event before". */
  readonly time?: EventTime
  readonly host?: string
  readonly source?: string
  readonly sourcetype?: string
  readonly index?: string
  /** Further key-value pairs, for sinks which can index them. */
  readonly fields?: Readonly<Record<string, string>>
  /** The message is a chunk of a stream which still has to be cut into events. Default false. */
  readonly unbroken?: boolean
  /** With `unbroken`: the stream of chunks ends here. */
  readonly done?: boolean
}

/** A point in time with nanoseconds; a number of milliseconds would lose them, a bigint costs too much an event. */
export interface EventTime {
  /** Whole seconds since 1970, may be negative. */
  readonly seconds: number
  /** 0 to 999,999,999, always counted forwards from `seconds`. */
  readonly nanos: number
}

import type { Decoded } from '../../../core/codec.ts'
import type { LogEvent } from '../../../core/event.ts'
import type { LogRecordMetadata } from '../../../codecs/log-record.ts'
import { formatRfc3339 } from '../../../codecs/rfc3339.ts'

/** Events which are decoded already, with the metadata a log record would have had for them. */
export class EventEntries {
  metadata: LogRecordMetadata | undefined = metadataOf({ message: '' })
  readonly done = true
  readonly error: Error | undefined
  readonly #items: readonly LogEvent[]
  #next = 0
  #event: LogEvent = { message: '' }

  constructor({ items, error }: Decoded<LogEvent>) {
    this.#items = items
    this.error = error
  }

  get size(): number {
    return Buffer.byteLength(this.#event.message)
  }

  get timeText(): string | undefined {
    return this.#event.time === undefined ? undefined : formatRfc3339(this.#event.time)
  }

  next(): boolean {
    const event = this.#items[this.#next]
    if (event === undefined) return false
    this.#next++
    // Mostly the same for all: the object's identity tells whoever writes that nothing has changed.
    if (event.source !== this.#event.source || event.host !== this.#event.host) this.metadata = metadataOf(event)
    this.#event = event
    return true
  }

  write(target: Buffer, offset: number): number {
    const { message } = this.#event
    if (typeof message === 'string') return offset + target.write(message, offset)
    target.set(message, offset)
    return offset + message.length
  }

  free(): void {}
}

function metadataOf({ source = '', sourcetype = '', host = '', index = '' }: LogEvent): LogRecordMetadata {
  return { unbroken: false, source, sourcetype, host, index, encId: 0n, blockId: 0n }
}

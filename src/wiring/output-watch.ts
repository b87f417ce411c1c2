import type { Logger } from '../core/logger.ts'
import type { Counters } from '../core/metrics.ts'
import type { RecordEvents } from './record-events.ts'

/**
 * Books what the encoder counted to the shard whose events it has just encoded, and warns once of events which Splunk
 * will cut.
 */
export class OutputWatch {
  readonly #output: Counters
  readonly #events: RecordEvents
  readonly #logger: Logger
  #replaced = 0
  #warned = false

  constructor(output: Counters, events: RecordEvents, logger: Logger) {
    this.#output = output
    this.#events = events
    this.#logger = logger
  }

  /** Called when a shard's events were accepted, before the next shard's are encoded. */
  readonly accepted = (shardId: string): void => {
    const replaced = this.#output.get('replaced_characters')
    if (replaced > this.#replaced) this.#events.counters(shardId).add('replaced_characters', replaced - this.#replaced)
    this.#replaced = replaced
    if (this.#warned || this.#output.get('long_events') === 0) return
    this.#warned = true
    this.#logger.warn('long_event', {
      shard: shardId,
      effect:
        'Splunk cuts events of this sourcetype after 10,000 bytes; set TRUNCATE = 0 for it in props.conf, told once',
    })
  }
}

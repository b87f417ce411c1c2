import type { Logger } from '../core/logger.ts'
import type { Counters } from '../core/metrics.ts'
import { LongEventWarning } from './long-event-warning.ts'
import type { RecordEvents } from './record-events.ts'

/**
 * Books what the encoder counted to the shard whose events it has just encoded, and warns once of events which Splunk
 * will cut.
 */
export class OutputWatch {
  readonly #output: Counters
  readonly #events: RecordEvents
  readonly #longEvents: LongEventWarning
  #replaced = 0

  constructor(output: Counters, events: RecordEvents, logger: Logger) {
    this.#output = output
    this.#events = events
    this.#longEvents = new LongEventWarning(output, logger)
  }

  /** Called when a shard's events were accepted, before the next shard's are encoded. */
  readonly accepted = (shardId: string): void => {
    const replaced = this.#output.get('replaced_characters')
    if (replaced > this.#replaced) this.#events.counters(shardId).add('replaced_characters', replaced - this.#replaced)
    this.#replaced = replaced
    this.#longEvents.look({ shard: shardId })
  }
}

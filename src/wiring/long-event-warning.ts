import type { LogFields, Logger } from '../core/logger.ts'
import type { Counters } from '../core/metrics.ts'

/** Warns once of events which Splunk will cut. */
export class LongEventWarning {
  readonly #output: Counters
  readonly #logger: Logger
  #warned = false

  /** `output`: the encoder's counters. */
  constructor(output: Counters, logger: Logger) {
    this.#output = output
    this.#logger = logger
  }

  /** `where`: what the events just encoded came from. */
  look(where: LogFields): void {
    if (this.#warned || this.#output.get('long_events') === 0) return
    this.#warned = true
    this.#logger.warn('long_event', {
      ...where,
      effect:
        'Splunk cuts events of this sourcetype after 10,000 bytes; set TRUNCATE = 0 for it in props.conf, told once',
    })
  }
}

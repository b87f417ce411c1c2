import type { Clock } from '../../core/clock.ts'
import type { Counters } from '../../core/metrics.ts'
import type { SenderTally } from './sender-tally.ts'
import type { Turns } from './turns.ts'

/** What a listener and its connections work in. */
export interface Room {
  readonly clock: Clock
  readonly counters: Counters
  readonly turns: Turns
  readonly tally: SenderTally
  /** A word for the log, once a sender's address. */
  readonly tellOnce: (address: string, what: string) => void
}

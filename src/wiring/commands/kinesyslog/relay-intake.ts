import { untilAborted } from '../../../core/aborting.ts'
import type { Clock } from '../../../core/clock.ts'
import type { MessageBlock } from '../../../core/message-block.ts'
import { pump } from '../../../core/pump.ts'
import type { Journal } from '../../../sinks/journal/journal.ts'
import type { SocketSource } from '../../../sources/sockets/source.ts'
import { RotatingJournal } from './rotating-journal.ts'

/**
 * What a stop gives the journal to take what was read, in milliseconds; a little longer than the sockets do. On a full
 * disk it would wait for ever, and the senders are told by a reset.
 */
const acceptAtEndMs = 7000
/** What it then gets to close its segment, in milliseconds. */
const rotateAtEndMs = 5000
/** Reads on their way into the journal at once: those of so many connections share one write. */
const parallelReads = 256

export interface RelayIntake {
  readonly source: SocketSource
  readonly journal: Journal
  readonly clock: Clock
  /** Aborts when it is to end. */
  readonly stop: AbortSignal
  /** Aborts when all has ended. */
  readonly over: AbortSignal
}

/** Messages into the journal, until the sockets have given everything behind the stop. Rejects as `pump` does. */
export async function takeMessages({ source, journal, clock, stop, over }: RelayIntake): Promise<void> {
  const late = new AbortController()
  void untilAborted(stop)
    .then(() => clock.sleep(acceptAtEndMs, over))
    .then(() => {
      late.abort()
    })
  await pump<MessageBlock, MessageBlock>({
    source,
    sink: new RotatingJournal(journal),
    decode: (block) => [block],
    clock,
    // The source ends by itself when it has given everything which was readable; only a full disk breaks it off.
    signal: late.signal,
    settleMs: rotateAtEndMs,
    parallel: parallelReads,
  })
}

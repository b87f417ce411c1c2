import type { Clock } from '../../../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import type { LogSender } from '../../log-sender.ts'
import { counted } from '../counted.ts'
import type { EventOutlet } from './event-outlet.ts'

export interface EventSendingOptions {
  readonly sender: LogSender
  readonly metadata: {
    readonly source: string
    readonly sourcetype?: string
    readonly host: string
    readonly index?: string
  }
  /** Whether what the sender has taken is on disk. Default false. */
  readonly isSpooled?: boolean
  readonly clock: Clock
  /** Aborts when the program shall stop. */
  readonly signal: AbortSignal
  /** How long delivery may take from then on. Default 28,000: the program has 30 seconds. */
  readonly stopTimeoutMs?: number
}

/** What delivery gets, in milliseconds, when a write has failed: the program ends with that. */
const lastFlushMs = 1000

/**
 * Sends events through a log sender. A sender that has given up, and a program whose time is up, swallow what is
 * still written; `end` tells how much that was.
 */
export class EventSending implements EventOutlet {
  readonly #options: EventSendingOptions
  readonly #ended = new AbortController()
  #failure: Error | undefined
  #isTimeUp = false
  #untaken = 0
  #tooLarge = 0

  constructor(options: EventSendingOptions) {
    this.#options = options
    void options.sender.failed.then((error) => {
      this.#failure ??= error
    })
    const { signal } = options
    const stop = (): void => void this.#giveUpInTime()
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  }

  async write(message: Uint8Array): Promise<void> {
    try {
      await this.#options.sender.write({ message, ...this.#options.metadata })
    } catch (error) {
      if (errorCode(error) === 'EVENT_TOO_LARGE') {
        this.#tooLarge += 1
        return
      }
      this.#untaken += 1
      if (!this.#isTimeUp) this.#failure ??= error instanceof Error ? error : undefined
    }
  }

  /** Kinesis may be slow or away as long as it wants: only a sender that has given up and a signal end the patience. */
  async end(): Promise<void> {
    const { sender } = this.#options
    // Over when all is delivered or given up: by the sender, for lack of time, or as a batch which cannot be read back.
    await sender.flush(this.#failure === undefined ? Infinity : lastFlushMs)
    const left = await sender.close(0)
    this.#ended.abort()
    const { eventsLost } = sender.statistics()
    if (left.events + this.#untaken + eventsLost > 0 || this.#failure !== undefined) {
      throw this.#undelivered(left.events, eventsLost)
    }
    if (this.#tooLarge > 0) {
      const what = counted(this.#tooLarge, 'event')
      throw new KinloaderError('UNDELIVERED', `${what} did not fit into a record of Kinesis and could not be sent.`)
    }
  }

  waitingEvents(): number {
    return this.#options.sender.statistics().pendingEvents
  }

  #undelivered(taken: number, gone: number): KinloaderError {
    const cause = this.#failure
    const reason = cause === undefined ? this.#reason() : errorText(cause)
    const kept = this.#options.isSpooled === true ? taken : 0
    const lost = taken + this.#untaken + gone - kept
    const told = [
      ...(kept === 0 ? [] : [`${counted(kept, 'event waits', 'events wait')} in the spool for the next start`]),
      ...(lost === 0 && kept > 0 ? [] : [`${counted(lost, 'event was', 'events were')} not delivered`]),
    ]
    return new KinloaderError('UNDELIVERED', `${reason.replace(/\.$/, '')}; ${told.join(', ')}.`, { cause })
  }

  #reason(): string {
    return this.#isTimeUp
      ? 'There was no time left after the signal'
      : 'Not all of the spool could be read back; look at its disk'
  }

  async #giveUpInTime(): Promise<void> {
    const { clock, sender, stopTimeoutMs = 28_000 } = this.#options
    await clock.sleep(stopTimeoutMs, this.#ended.signal)
    this.#isTimeUp = true
    // Who waits in `write` is let go.
    if (!this.#ended.signal.aborted) await sender.close(0)
  }
}

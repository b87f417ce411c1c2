import { decodeSpooledEvent, encodeSpooledEvent } from '../../codecs/spooled-event.ts'
import { Backoff } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode, errorText, KinloaderError } from '../../core/errors.ts'
import type { LogEvent } from '../../core/event.ts'
import type { Logger } from '../../core/logger.ts'
import type { SpoolBatch } from '../spooling/batch-file.ts'
import { isDiskTrouble, isPassing } from '../spooling/errors.ts'
import type { Spool } from '../spooling/spool.ts'
import { SeldomTold } from '../seldom-told.ts'
import { EventBatch, lineOf } from './event-batch.ts'
import type { PackingPlan } from './packing.ts'

/** A batch as it was read back. */
export interface ReadBatch {
  readonly events: EventBatch
  /** Present when it may have been sent: its records must be the same again. */
  readonly plan: PackingPlan | undefined
}

/**
 * Batches of events on disk, from before an event counts as taken until it is delivered. What the frames of the spool
 * mean is known here: each is an event, and the seal is how the batch was cut into records.
 */
export class SpooledBatches {
  readonly #spool: Spool
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #files = new Map<string, SpoolBatch>()
  readonly #told: SeldomTold
  /** Of all batches: it is one disk. */
  readonly #readBackoff = new Backoff({ baseMs: 1000, maxMs: 30_000 })

  constructor(spool: Spool, clock: Clock, logger: Logger) {
    this.#spool = spool
    this.#clock = clock
    this.#logger = logger
    this.#told = new SeldomTold(clock)
  }

  /** Ids of the batches an earlier process left, oldest first. */
  get leftovers(): readonly string[] {
    return this.#spool.leftovers
  }

  /** Resolves when the event survives the death of this process. Rejects as the spool does. */
  async append(id: string, event: LogEvent): Promise<void> {
    let file = this.#files.get(id)
    if (file === undefined) {
      file = this.#spool.begin(id)
      this.#files.set(id, file)
    }
    try {
      // Its fields have no place in a record.
      await file.append(encodeSpooledEvent(event.fields === undefined ? event : { ...event, fields: {} }))
    } catch (error) {
      this.#tellRefused(error)
      // A batch is full long before its file is, so it is the event.
      if (errorCode(error) !== 'SPOOL_TOO_LARGE') throw error
      throw new KinloaderError('EVENT_TOO_LARGE', errorText(error), { cause: error })
    }
  }

  /** The batch leaves the memory and has to be read again. Never rejects: reading will tell what is there. */
  async rest(id: string): Promise<void> {
    const file = this.#files.get(id)
    this.#files.delete(id)
    try {
      await file?.rest()
    } catch (error) {
      this.#logger.warn('spool', { batch: id, error: errorText(error), effect: 'its file may lack events' })
    }
  }

  /**
   * Tries again while the disk is in trouble, and not so long that bad files would hold up all behind them: after some
   * minutes each gets one try, until one can be read. A lack of file handles passes, so that is waited for until the
   * abort. What cannot be read is told, and stays where it is.
   */
  async read(id: string, signal: AbortSignal): Promise<ReadBatch> {
    const backoff = this.#readBackoff
    for (;;) {
      try {
        const batch = await this.#read(id)
        backoff.reset()
        return batch
      } catch (error) {
        const code = errorCode(error)
        // A full disk is as a sick one: it may be this spool which fills it, and that empties by what is read.
        const passes = isPassing(error) && code !== 'SPOOL_FULL'
        if (!passes && !(isDiskTrouble(code) && backoff.failures < maxReadFailures)) {
          this.#tellUnread(id, error)
          throw error
        }
        if (this.#told.isDue('read')) {
          this.#logger.warn('spool', {
            batch: id,
            error: errorText(error),
            effect: 'nothing is lost; it is read again until the disk is well',
          })
        }
        await this.#clock.sleep(backoff.next(), signal)
        if (signal.aborted) throw error
      }
    }
  }

  /** Before anything of the batch is put. Without its seal a batch would be sent under other ids after a crash. */
  async seal(id: string, plan: PackingPlan): Promise<void> {
    try {
      const file = this.#files.get(id) ?? this.#spool.resume(id)
      this.#files.delete(id)
      await file.seal(Buffer.from(JSON.stringify(plan)))
    } catch (error) {
      this.#logger.warn('spool', {
        batch: id,
        error: errorText(error),
        effect: 'the batch is sent all the same; after a crash it would be sent again under other batch ids',
      })
    }
  }

  async remove(id: string): Promise<void> {
    try {
      this.#files.delete(id)
      await this.#spool.remove(id)
    } catch (error) {
      this.#logger.warn('spool', {
        batch: id,
        error: errorText(error),
        effect: 'the batch is delivered but its file stays; it will be sent again under the same batch ids',
      })
    }
  }

  close(): Promise<void> {
    return this.#spool.close()
  }

  /** Once a minute: who waits for a full disk has no other way to know why nothing goes on. */
  #tellRefused(error: unknown): void {
    if (!isPassing(error) || !this.#told.isDue('full')) return
    this.#logger.warn('spool', { error: errorText(error), effect: 'no event is taken until there is room' })
  }

  #tellUnread(id: string, error: unknown): void {
    const isGone = errorCode(error) === 'SPOOL_BATCH_GONE'
    this.#logger.error('spool', {
      batch: id,
      error: errorText(error),
      effect: isGone
        ? 'its events are lost'
        : 'the events of this batch are not sent; its file stays in the spool and is tried again at the next start',
    })
  }

  async #read(id: string): Promise<ReadBatch> {
    const { frames, seal } = await this.#spool.read(id)
    const events = new EventBatch(id, this.#clock.monotonic())
    for (const frame of frames) {
      const event = this.#decoded(id, frame)
      if (event !== undefined) events.add(event, lineOf(event))
    }
    return { events, plan: seal === undefined ? undefined : planOf(seal) }
  }

  /** A frame of another version of this program: told, because the event is lost. */
  #decoded(id: string, frame: Uint8Array): LogEvent | undefined {
    try {
      return decodeSpooledEvent(frame)
    } catch (error) {
      this.#logger.error('spool', { batch: id, lost: 1, error: errorText(error), code: errorCode(error) })
      return undefined
    }
  }
}

/** About two minutes' worth. */
const maxReadFailures = 8

function planOf(seal: Uint8Array): PackingPlan {
  const plan: unknown = JSON.parse(Buffer.from(seal).toString())
  if (isPlan(plan)) return plan
  throw new KinloaderError('SPOOL_DAMAGED', 'A spooled batch has a seal which this program did not write.')
}

function isPlan(value: unknown): value is PackingPlan {
  return (
    typeof value === 'object' &&
    value !== null &&
    'encId' in value &&
    'batchId' in value &&
    typeof value.batchId === 'string' &&
    'records' in value &&
    Array.isArray(value.records)
  )
}

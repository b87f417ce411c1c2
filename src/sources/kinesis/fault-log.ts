import { kinesisAdvice } from '../../clients/kinesis-advice.ts'
import type { KinesisFault } from '../../clients/kinesis-errors.ts'
import type { Clock } from '../../core/clock.ts'
import { errorCode } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import type { Patience } from './patience.ts'

/** The same fault is told again after this time, with how often it came. */
const repeatMs = 300_000

/**
 * Tells faults to the user without flooding: a thousand shards which are denied are one line, and another every five
 * minutes for as long as it lasts. Holds one entry a kind of fault, and the failing shards.
 */
export class FaultLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #stream: string
  readonly #patience: Patience | undefined
  readonly #told = new Map<string, { atMs: number; times: number }>()
  readonly #failing = new Set<string>()

  constructor(logger: Logger, clock: Clock, stream: string, patience?: Patience) {
    this.#logger = logger
    this.#clock = clock
    this.#stream = stream
    this.#patience = patience
  }

  /** `shardId` is absent for what concerns the stream as a whole. */
  report(fault: KinesisFault, error: unknown, shardId?: string): void {
    const nowMs = this.#clock.monotonic()
    const key = `${scopeOf(shardId)} ${fault}`
    this.#failing.add(shardId ?? '')
    this.#patience?.refused(shardId ?? '', fault, error)
    const told = this.#told.get(key)
    if (told !== undefined && nowMs - told.atMs < repeatMs) {
      told.times += 1
      return
    }
    this.#told.set(key, { atMs: nowMs, times: 0 })
    const level = fault === 'transient' || fault === 'throttled' ? 'warn' : 'error'
    this.#logger[level]('kinesis', {
      shard: shardId,
      code: errorCode(error),
      error: kinesisAdvice(fault, error, this.#stream),
      times: told === undefined ? undefined : told.times + 1,
      effect: 'positions are kept and it is tried again',
    })
  }

  /** Told after a success; says so once nothing of its scope fails any more. */
  recovered(shardId?: string): void {
    this.#patience?.recovered(shardId ?? '')
    if (!this.#failing.delete(shardId ?? '')) return
    if (shardId !== undefined && this.#failing.size > (this.#failing.has('') ? 1 : 0)) return
    for (const key of this.#told.keys()) if (key.startsWith(`${scopeOf(shardId)} `)) this.#told.delete(key)
    this.#logger.info('kinesis', { shard: shardId, state: 'answering again' })
  }
}

function scopeOf(shardId: string | undefined): 'stream' | 'shard' {
  return shardId === undefined ? 'stream' : 'shard'
}

import { createHash } from 'node:crypto'
import type { OpenShard } from '../../clients/kinesis-inlet.ts'
import { Backoff, type Random, TokenBucket } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import type { PutLimits } from './limits.ts'

/** A shard as a producer sees it. */
export interface ShardState {
  /** Empty for the stand-in of shards which are not known. */
  readonly shardId: string
  /** In the middle of its range; undefined leaves the choice to the partition key. */
  readonly hashKey: bigint | undefined
  readonly from: bigint
  readonly to: bigint
  /** What it may be expected to take by now. */
  readonly bytes: TokenBucket
  readonly backoff: Backoff
  /** Clock's monotonic milliseconds before which nothing is put there. */
  restsUntilMs: number
}

export interface ShardMapOptions {
  readonly clock: Clock
  readonly limits: PutLimits
  readonly random?: Random | undefined
}

/**
 * The open shards and how each of them is doing. While they are not known, one stand-in takes all records, and
 * partition keys spread them.
 */
export class ShardMap {
  readonly #options: ShardMapOptions
  #shards: readonly ShardState[]

  constructor(options: ShardMapOptions) {
    this.#options = options
    this.#shards = [this.#state({ shardId: '', from: 0n, to: (1n << 128n) - 1n }, undefined)]
  }

  get shards(): readonly ShardState[] {
    return this.#shards
  }

  get isKnown(): boolean {
    return this.#shards[0]?.shardId !== ''
  }

  has(shardId: string): boolean {
    return this.#shards.some((shard) => shard.shardId === shardId)
  }

  /** Takes over a new listing; shards which stay keep their state. An empty listing changes nothing. */
  update(open: readonly OpenShard[]): void {
    if (open.length === 0) return
    const known = new Map(this.#shards.map((shard) => [shard.shardId, shard]))
    this.#shards = open.map((shard) => known.get(shard.shardId) ?? this.#state(shard, (shard.from + shard.to) / 2n))
  }

  /** The shard a partition key leads to: the MD5 of the key, as a number of 128 bits, lies in its range. */
  ofKey(partitionKey: string): ShardState | undefined {
    const hash = BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
    return this.#shards.find(({ from, to }) => hash >= from && hash <= to)
  }

  accepted(shard: ShardState): void {
    shard.backoff.reset()
  }

  /** The shard rests, longer each time, so that others get their turn and it gets air. */
  refused(shard: ShardState): void {
    const nowMs = this.#options.clock.monotonic()
    // Several entries of one request fail together: that is one failure.
    if (shard.restsUntilMs > nowMs) return
    shard.restsUntilMs = nowMs + shard.backoff.next()
  }

  #state({ shardId, from, to }: OpenShard, hashKey: bigint | undefined): ShardState {
    const { clock, limits, random } = this.#options
    const perSecond = limits.shardBytesPerSecond
    return {
      shardId,
      hashKey,
      from,
      to,
      bytes: new TokenBucket({ clock, perSecond, burst: perSecond }),
      backoff: new Backoff({ baseMs: 200, maxMs: 5000, ...(random !== undefined && { random }) }),
      restsUntilMs: 0,
    }
  }
}

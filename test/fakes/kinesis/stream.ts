import { contains, evenRanges, type HashRange } from './hash-range.ts'
import { Shard } from './shard.ts'

export interface StreamOptions {
  name: string
  arn: string
  incarnation: number
  createdMs: number
  /** Shards at the start. */
  shards: number
  retentionMs: number
  /** Largest record with its partition key. */
  maxRecordBytes: number
  onDemand: boolean
}

export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING'

/** One stream: its shards, closed ones within retention included, and the changes which are under way. */
export class Stream {
  readonly name: string
  readonly arn: string
  readonly createdMs: number
  readonly incarnation: number
  readonly onDemand: boolean
  retentionMs: number
  maxRecordBytes: number
  /** The KMS key, when encrypted. */
  keyId: string | undefined
  /** Records need no partition key: record distribution AUTO. */
  automaticKeys = false
  status: StreamStatus = 'ACTIVE'
  readonly #shards = new Map<string, Shard>()
  #nextNumber = 0
  #pending: { atMs: number; apply: (nowMs: number) => void }[] = []

  constructor(options: StreamOptions) {
    this.name = options.name
    this.arn = options.arn
    this.createdMs = options.createdMs
    this.incarnation = options.incarnation
    this.onDemand = options.onDemand
    this.retentionMs = options.retentionMs
    this.maxRecordBytes = options.maxRecordBytes
    for (const range of evenRanges(options.shards)) this.#open(range, [], options.createdMs)
  }

  /** In the order of their numbers. */
  get shards(): readonly Shard[] {
    return [...this.#shards.values()]
  }

  get openShards(): readonly Shard[] {
    return this.shards.filter((shard) => shard.isOpen)
  }

  shard(id: string): Shard | undefined {
    return this.#shards.get(id)
  }

  shardFor(hashKey: bigint): Shard {
    const shard = this.openShards.find((candidate) => contains(candidate.range, hashKey))
    if (shard === undefined) throw new Error(`no open shard of ${this.name} covers ${hashKey}`)
    return shard
  }

  childrenOf(shardId: string): readonly Shard[] {
    return this.shards.filter((shard) => shard.parents.includes(shardId))
  }

  /** Does what has become due: changes, then retention. Called before every operation. */
  catchUp(nowMs: number): void {
    while ((this.#pending[0]?.atMs ?? Infinity) <= nowMs) {
      const change = this.#pending.shift()
      change?.apply(change.atMs)
    }
    const horizonMs = nowMs - this.retentionMs
    for (const shard of this.#shards.values()) {
      shard.trim(horizonMs)
      if (shard.closedMs !== undefined && shard.closedMs < horizonMs) this.#shards.delete(shard.id)
    }
  }

  /** The stream is `meanwhile` until all steps, `delayMs` apart, are done; then ACTIVE. */
  change(meanwhile: StreamStatus, nowMs: number, delayMs: number, steps: readonly ((nowMs: number) => void)[]): void {
    this.status = meanwhile
    this.#pending = steps.map((apply, index) => ({ atMs: nowMs + delayMs * (index + 1), apply }))
    const done = (): void => {
      this.status = 'ACTIVE'
    }
    this.#pending.push({ atMs: nowMs + delayMs * steps.length, apply: done })
    this.catchUp(nowMs)
  }

  /** `at` is the first hash key of the second child; absent is the middle. */
  split(parent: Shard, nowMs: number, at?: bigint): [Shard, Shard] {
    const { start, end } = parent.range
    const middle = at ?? start + (end - start + 1n) / 2n
    parent.close(nowMs)
    const left = this.#open({ start, end: middle - 1n }, [parent.id], nowMs)
    return [left, this.#open({ start: middle, end }, [parent.id], nowMs)]
  }

  merge(parent: Shard, adjacent: Shard, nowMs: number): Shard {
    parent.close(nowMs)
    adjacent.close(nowMs)
    const [low, high] = parent.range.start < adjacent.range.start ? [parent, adjacent] : [adjacent, parent]
    return this.#open({ start: low.range.start, end: high.range.end }, [parent.id, adjacent.id], nowMs)
  }

  /**
   * The steps which make `target` even shards: first splits at the new borders, then merges of the pieces between two
   * of them. What the first makes and the second ends are the short-lived intermediate shards of UpdateShardCount.
   */
  evenOut(target: number): ((nowMs: number) => void)[] {
    const ranges = evenRanges(target)
    const cut = (nowMs: number): void => {
      for (const { start } of ranges) {
        const shard = this.shardFor(start)
        if (shard.range.start !== start) this.split(shard, nowMs, start)
      }
    }
    const join = (nowMs: number): void => {
      for (const range of ranges) {
        for (;;) {
          const first = this.shardFor(range.start)
          if (first.range.end >= range.end) break
          this.merge(first, this.shardFor(first.range.end + 1n), nowMs)
        }
      }
    }
    return [cut, join]
  }

  #open(range: HashRange, parents: readonly string[], createdMs: number): Shard {
    const shard = new Shard({ number: this.#nextNumber++, range, parents, createdMs, incarnation: this.incarnation })
    this.#shards.set(shard.id, shard)
    return shard
  }
}

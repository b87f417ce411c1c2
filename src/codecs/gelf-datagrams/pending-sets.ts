import { ChunkSet } from './chunk-set.ts'
import { Greediest, type PendingLimits } from './greediest.ts'
import { SenderSets } from './sender-sets.ts'

/** The incomplete messages of a listener, each with its sender, oldest first. Every step costs the same at any size. */
export class PendingSets {
  readonly #limits: PendingLimits
  readonly #setsPerSender: number
  readonly #byKey = new Map<string, ChunkSet>()
  readonly #bySender = new Map<string, SenderSets>()
  readonly #greediest: Greediest
  #heldBytes = 0

  constructor(limits: PendingLimits, setsPerSender: number) {
    this.#limits = limits
    this.#setsPerSender = setsPerSender
    this.#greediest = new Greediest(limits)
  }

  get size(): number {
    return this.#byKey.size
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get oldest(): ChunkSet | undefined {
    return this.#byKey.values().next().value
  }

  get(key: string): ChunkSet | undefined {
    return this.#byKey.get(key)
  }

  open(key: string, sender: string, count: number, nowMs: number): ChunkSet {
    const sets = this.#bySender.get(sender) ?? new SenderSets()
    const set = new ChunkSet(key, sender, count, nowMs)
    this.#bySender.set(sender, sets)
    this.#byKey.set(key, set)
    sets.add(set)
    this.#heldBytes += set.heldBytes
    this.#greediest.note(sets)
    return set
  }

  /** To be told when a set has grown. */
  grow(set: ChunkSet, bytes: number): void {
    const sets = this.#bySender.get(set.sender)
    if (sets === undefined) return
    this.#heldBytes += bytes
    sets.grow(bytes)
    this.#greediest.note(sets)
  }

  close(set: ChunkSet): void {
    const sets = this.#bySender.get(set.sender)
    if (sets === undefined) return
    this.#byKey.delete(set.key)
    this.#heldBytes -= set.heldBytes
    sets.delete(set)
    this.#greediest.note(sets)
    if (sets.size === 0) this.#bySender.delete(set.sender)
  }

  /** What has to go, because this sender or all together have more pending than they may; undefined when nothing has. */
  excess(sender: string): ChunkSet | undefined {
    const sets = this.#bySender.get(sender)
    if (sets !== undefined && sets.size > this.#setsPerSender) return sets.oldest
    if (this.#byKey.size <= this.#limits.sets && this.#heldBytes <= this.#limits.bytes) return undefined
    return this.#greediest.sender?.oldest
  }
}

import type { ChunkSet } from './chunk-set.ts'

/** The incomplete messages of one sender, oldest first. */
export class SenderSets {
  readonly #sets = new Set<ChunkSet>()
  #heldBytes = 0
  /** Where `Greediest` has it. */
  share = 0

  get size(): number {
    return this.#sets.size
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get oldest(): ChunkSet | undefined {
    return this.#sets.values().next().value
  }

  add(set: ChunkSet): void {
    this.#sets.add(set)
    this.#heldBytes += set.heldBytes
  }

  grow(bytes: number): void {
    this.#heldBytes += bytes
  }

  delete(set: ChunkSet): void {
    if (this.#sets.delete(set)) this.#heldBytes -= set.heldBytes
  }
}

import type { ShardInfo } from './shard-info.ts'

type State = 'waiting' | 'reading' | 'drained'

interface Node {
  info: ShardInfo
  state: State
}

/**
 * Which shard may be read when: parents before children.
 *
 * A child may be read when each of its parents is drained or unknown here; an unlisted parent has left the
 * retention, and waiting for it would stop consumption for ever. Nothing depends on the order of shard ids.
 * Holds as many shards as the stream lists.
 */
export class Lineage {
  readonly #nodes = new Map<string, Node>()

  /** New shards begin to wait; known ones keep their state and learn their end. Returns the new ones. */
  add(shards: readonly ShardInfo[]): readonly ShardInfo[] {
    const added: ShardInfo[] = []
    for (const info of shards) {
      const node = this.#nodes.get(info.shardId)
      if (node === undefined) {
        this.#nodes.set(info.shardId, { info, state: 'waiting' })
        added.push(info)
      } else if (info.endingSequenceNumber !== undefined) {
        node.info = { ...node.info, endingSequenceNumber: info.endingSequenceNumber }
      }
    }
    return added
  }

  get(shardId: string): ShardInfo | undefined {
    return this.#nodes.get(shardId)?.info
  }

  has(shardId: string): boolean {
    return this.#nodes.has(shardId)
  }

  shardIds(): readonly string[] {
    return [...this.#nodes.keys()]
  }

  isDrained(shardId: string): boolean {
    return this.#nodes.get(shardId)?.state === 'drained'
  }

  isWaiting(shardId: string): boolean {
    return this.#nodes.get(shardId)?.state === 'waiting'
  }

  /** Waiting shards whose parents are all drained or unknown; they count as reading from now on. */
  takeReady(): readonly ShardInfo[] {
    const ready: ShardInfo[] = []
    for (const node of this.#nodes.values()) {
      if (node.state !== 'waiting' || this.unfinishedParents(node.info.shardId).length > 0) continue
      node.state = 'reading'
      ready.push(node.info)
    }
    return ready
  }

  /** The parents a shard waits for. */
  unfinishedParents(shardId: string): readonly string[] {
    const parentIds = this.#nodes.get(shardId)?.info.parentIds ?? []
    return parentIds.filter((parentId) => {
      const parent = this.#nodes.get(parentId)
      return parent !== undefined && parent.state !== 'drained'
    })
  }

  drain(shardId: string): void {
    const node = this.#nodes.get(shardId)
    if (node !== undefined) node.state = 'drained'
  }

  /** Forgets a shard, as when it has left the retention; whoever waited for it no longer does. */
  remove(shardId: string): void {
    this.#nodes.delete(shardId)
  }
}

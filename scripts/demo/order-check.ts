import type { PlacedRecord } from './ledger.ts'

export interface Disorder {
  /** Lines which came out before one that was put before them, in their shard or an ancestor of it. */
  readonly count: number
  /** The first of them. */
  readonly example?: { readonly number: number; readonly shardId: string }
}

/**
 * Whether the first occurrences follow the order of each shard, and no shard's line came out before all of its
 * parents' had.
 *
 * `parentsOf`: each shard's parents, as the stream lists them. `firstSeen`: the place of a line's first occurrence;
 * lines which never came out are none of this check's business.
 */
export function findDisorder(
  records: readonly PlacedRecord[],
  parentsOf: ReadonlyMap<string, readonly string[]>,
  firstSeen: ReadonlyMap<number, number>,
): Disorder {
  const ends = new Map<string, number>()
  let count = 0
  let example: Disorder['example']

  /** The last place taken by the shard and all before it; counts on the way what came too early. */
  const walk = (shardId: string): number => {
    const known = ends.get(shardId)
    if (known !== undefined) return known
    let last = Math.max(-1, ...(parentsOf.get(shardId) ?? []).map(walk))
    const own = records.filter((record) => record.shardId === shardId)
    for (const { number } of own.toSorted(bySequence).flatMap(({ lines }) => lines)) {
      const place = firstSeen.get(number)
      if (place === undefined) continue
      if (place < last) {
        count += 1
        example ??= { number, shardId }
      } else last = place
    }
    ends.set(shardId, last)
    return last
  }
  for (const { shardId } of records) walk(shardId)
  return { count, ...(example !== undefined && { example }) }
}

/** Sequence numbers are decimals of up to 129 digits. */
function bySequence(a: PlacedRecord, b: PlacedRecord): number {
  const [first, second] = [BigInt(a.sequenceNumber), BigInt(b.sequenceNumber)]
  return first < second ? -1 : first > second ? 1 : 0
}

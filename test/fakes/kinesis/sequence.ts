/**
 * Sequence numbers in the manner of the service: 56 decimal digits which begin with 49, grow within a shard, are
 * greater in a shard created later, and tell where they came from.
 *
 * ```
 * bit 185  184        148 147       84 83          72 71          36 35       4 3     0
 *       1 │ shard created │ index      │ incarnation │ record stored │ shard    │ 2     │
 *         │ (s since 1970)│ in the     │ of the      │ (s since 1970)│ number   │       │
 *         │               │ shard      │ stream      │               │          │       │
 * ```
 */
export interface SequenceParts {
  createdSeconds: number
  /** 0 is the start of the shard, records begin at 1. */
  index: number
  /** Tells a recreated stream from its predecessor, even within the same second. */
  incarnation: number
  storedSeconds: number
  shardNumber: number
}

/** The index in the EndingSequenceNumber of a closed shard; no record has it. */
export const endIndex = Number.MAX_SAFE_INTEGER

const lead = 1n << 185n

export function encodeSequence(parts: SequenceParts): string {
  const value =
    lead |
    (BigInt(parts.createdSeconds) << 148n) |
    (BigInt(parts.index) << 84n) |
    (BigInt(parts.incarnation % 4096) << 72n) |
    (BigInt(parts.storedSeconds) << 36n) |
    (BigInt(parts.shardNumber) << 4n) |
    2n
  return value.toString()
}

/** Undefined when no shard of ours can have made it. */
export function decodeSequence(text: string): SequenceParts | undefined {
  const value = BigInt(text)
  if (value >> 185n !== 1n || (value & 15n) !== 2n) return undefined
  return {
    createdSeconds: bits(value, 148n, 36n),
    index: bits(value, 84n, 64n),
    incarnation: bits(value, 72n, 12n),
    storedSeconds: bits(value, 36n, 36n),
    shardNumber: bits(value, 4n, 32n),
  }
}

function bits(value: bigint, from: bigint, count: bigint): number {
  return Number((value >> from) & ((1n << count) - 1n))
}

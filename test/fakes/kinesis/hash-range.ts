import { createHash } from 'node:crypto'

/** A part of the 128-bit space of hash keys; both ends belong to it. */
export interface HashRange {
  readonly start: bigint
  readonly end: bigint
}

const spaceSize = 1n << 128n

/** The whole space in equal parts; the last one takes what is left over. */
export function evenRanges(count: number): HashRange[] {
  const size = spaceSize / BigInt(count)
  return Array.from({ length: count }, (_, index) => ({
    start: BigInt(index) * size,
    end: index === count - 1 ? spaceSize - 1n : BigInt(index + 1) * size - 1n,
  }))
}

export function contains(range: HashRange, key: bigint): boolean {
  return range.start <= key && key <= range.end
}

/** MD5 of the partition key, read as a number. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
}

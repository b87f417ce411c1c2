import type { PutLimits } from './limits.ts'
import type { PackedRecord } from './packing.ts'
import type { ShardMap, ShardState } from './shard-map.ts'

/** A record which waits to be put, or to be put again. */
export interface WaitingRecord {
  readonly record: PackedRecord
  /** Called once, when Kinesis has it. */
  readonly delivered: () => void
}

/** What goes into one request, each record with the shard it is meant for. */
export interface PutRound {
  readonly entries: readonly { readonly waiting: WaitingRecord; readonly shard: ShardState }[]
  readonly bytes: number
}

interface Room {
  readonly shard: ShardState
  /** The less the better: what the shard would have to catch up on. */
  balance: number
  bytes: number
  records: number
}

/** Records looked at in vain before a request is left as it is. */
const maxPassedOver = 1000

/**
 * Takes from the queue what can go now: at most a request's worth, of each shard at most what it takes in a second,
 * nothing for shards which rest, and one record of each chain.
 *
 * Whole events may go anywhere, so they go where there is most room, round a throttled shard. A chain's shard is given
 * by its partition key, and it waits for it.
 */
export function nextRound(
  queue: WaitingRecord[],
  shards: ShardMap,
  options: {
    readonly limits: PutLimits
    readonly maxRequestBytes: number
    readonly nowMs: number
    /** Counts the rounds, so that equal shards take turns. */
    readonly number: number
    readonly isBusy: (chain: string) => boolean
  },
): PutRound {
  const { limits, maxRequestBytes, nowMs, number, isBusy } = options
  const first = number % shards.shards.length
  const rooms: Room[] = [...shards.shards.slice(first), ...shards.shards.slice(0, first)]
    .filter(({ restsUntilMs }) => restsUntilMs <= nowMs)
    .map((shard) => ({ shard, balance: shard.bytes.balance, bytes: 0, records: 0 }))
  const entries: { waiting: WaitingRecord; shard: ShardState }[] = []
  const chains = new Set<string>()
  const staying: WaitingRecord[] = []
  let bytes = 0
  let taken = 0
  for (const waiting of queue) {
    if (entries.length === limits.maxRequestRecords || rooms.length === 0 || staying.length === maxPassedOver) break
    const { record } = waiting
    if (bytes + record.bytes > maxRequestBytes && entries.length > 0) break
    const waits = record.chain !== undefined && (isBusy(record.chain) || chains.has(record.chain))
    const room = waits ? undefined : roomFor(record, rooms, shards, limits)
    // There will be room in the next round; smaller ones shall not overtake it for ever.
    if (room === undefined && record.chain === undefined) break
    taken += 1
    if (room === undefined) {
      staying.push(waiting)
      // What comes later in the same chain must not overtake this.
      if (record.chain !== undefined) chains.add(record.chain)
      continue
    }
    if (record.chain !== undefined) chains.add(record.chain)
    room.balance -= record.bytes
    room.bytes += record.bytes
    room.records += 1
    bytes += record.bytes
    entries.push({ waiting, shard: room.shard })
  }
  queue.splice(0, taken, ...staying)
  for (const { shard, bytes: used } of rooms) if (used > 0) shard.bytes.take(used)
  return { entries, bytes }
}

function roomFor(record: PackedRecord, rooms: readonly Room[], shards: ShardMap, limits: PutLimits): Room | undefined {
  const shard = record.chain === undefined ? undefined : shards.ofKey(record.partitionKey)
  // A listing with a hole: Kinesis knows where the key belongs, and to wait for a shard nobody knows would be for ever.
  if (shard !== undefined) {
    const room = rooms.find((one) => one.shard === shard)
    return room !== undefined && takes(room, record, limits) ? room : undefined
  }
  let best: Room | undefined
  for (const room of rooms) {
    if ((best === undefined || room.balance > best.balance) && takes(room, record, limits)) best = room
  }
  return best
}

function takes(room: Room, record: PackedRecord, limits: PutLimits): boolean {
  if (room.bytes === 0) return true
  return room.bytes + record.bytes <= limits.shardBytesPerSecond && room.records < limits.shardRecordsPerSecond
}

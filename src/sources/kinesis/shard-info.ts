import type { ChildShard, Shard } from '@aws-sdk/client-kinesis'

/** A shard as a listing or a parent's last answer tells it. */
export interface ShardInfo {
  readonly shardId: string
  /** None, one (split) or two (merge). */
  readonly parentIds: readonly string[]
  /** Closed shards have one. */
  readonly endingSequenceNumber?: string | undefined
}

export function listedShard(shard: Shard): ShardInfo {
  const parentIds = [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined)
  return {
    shardId: shard.ShardId ?? '',
    parentIds,
    endingSequenceNumber: shard.SequenceNumberRange?.EndingSequenceNumber,
  }
}

export function childShard(child: ChildShard): ShardInfo {
  return { shardId: child.ShardId ?? '', parentIds: child.ParentShards ?? [] }
}

import type { Json } from '../json.ts'
import type { Shard } from '../shard.ts'

export function hashRangeJson(shard: Shard): Json {
  return { StartingHashKey: shard.range.start.toString(), EndingHashKey: shard.range.end.toString() }
}

/** A shard as ListShards and DescribeStream tell it. */
export function shardJson(shard: Shard): Json {
  const [parent, adjacent] = shard.parents
  return {
    ShardId: shard.id,
    ParentShardId: parent,
    AdjacentParentShardId: adjacent,
    HashKeyRange: hashRangeJson(shard),
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      EndingSequenceNumber: shard.endingSequenceNumber,
    },
  }
}

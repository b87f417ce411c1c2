import { AwsError, invalidArgument, notFound, validation } from '../errors.ts'
import type { Input } from '../input.ts'
import type { Json } from '../json.ts'
import type { Shard } from '../shard.ts'
import type { KinesisState } from '../state.ts'
import type { Stream } from '../stream.ts'
import { inUse } from './streams.ts'

const shardIdPattern = /^(?:[a-zA-Z0-9_.-]+)$/

export function splitShard(state: KinesisState, input: Input): Json {
  const stream = changeable(state, input, 'SplitShard')
  const shard = openShard(state, stream, input.needText('ShardToSplit', shardIdPattern))
  const at = BigInt(input.needText('NewStartingHashKey', /^(?:0|([1-9]\d{0,38}))$/))
  if (at <= shard.range.start || at > shard.range.end) {
    throw invalidArgument(
      `NewStartingHashKey ${at} used in SplitShard() on shard ${shard.id} in stream ${stream.name} under account ` +
        `${state.options.accountId} is not both greater than one plus the shard's StartingHashKey ${shard.range.start} ` +
        `and less than the shard's EndingHashKey ${shard.range.end}.`,
    )
  }
  change(state, stream, [(nowMs) => stream.split(shard, nowMs, at)])
  return {}
}

export function mergeShards(state: KinesisState, input: Input): Json {
  const stream = changeable(state, input, 'MergeShards')
  const shard = openShard(state, stream, input.needText('ShardToMerge', shardIdPattern))
  const adjacent = openShard(state, stream, input.needText('AdjacentShardToMerge', shardIdPattern))
  const isAdjacent = shard.range.end + 1n === adjacent.range.start || adjacent.range.end + 1n === shard.range.start
  if (!isAdjacent) {
    throw invalidArgument(
      `Shards ${shard.id} and ${adjacent.id} in stream ${stream.name} under account ${state.options.accountId} ` +
        `are not an adjacent pair of shards eligible for merging`,
    )
  }
  change(state, stream, [(nowMs) => stream.merge(shard, adjacent, nowMs)])
  return {}
}

export function updateShardCount(state: KinesisState, input: Input): Json {
  const stream = changeable(state, input, 'UpdateShardCount')
  const target = input.needInteger('TargetShardCount', 1, 10_000)
  const scaling = input.needText('ScalingType')
  if (scaling !== 'UNIFORM_SCALING') {
    throw validation('scalingType', `'${scaling}'`, 'Member must satisfy enum value set: [UNIFORM_SCALING]')
  }
  if (stream.onDemand) throw new AwsError('ValidationException', 'UpdateShardCount needs a stream in provisioned mode.')
  const current = stream.openShards.length
  if (target > current * 2 || target * 2 < current) {
    const bound = target > current ? `increase it to more than double` : `decrease it to less than half of`
    throw invalidArgument(
      `UpdateShardCount cannot ${bound} the current open shard count. Current open shard count: ${current} Target shard count: ${target}`,
    )
  }
  change(state, stream, stream.evenOut(target))
  return { StreamName: stream.name, CurrentShardCount: current, TargetShardCount: target, StreamARN: stream.arn }
}

function changeable(state: KinesisState, input: Input, operation: string): Stream {
  const stream = state.streamOf(input)
  state.chargeControl(operation)
  if (stream.status !== 'ACTIVE') throw inUse(state, stream.name, `not ACTIVE, instead in state ${stream.status}`)
  return stream
}

function openShard(state: KinesisState, stream: Stream, shardId: string): Shard {
  const shard = stream.shard(shardId)
  const { accountId } = state.options
  if (shard === undefined) {
    throw notFound(`Could not find shard ${shardId} in stream ${stream.name} under account ${accountId}.`)
  }
  if (!shard.isOpen) {
    throw invalidArgument(`Shard ${shardId} in stream ${stream.name} under account ${accountId} is not open.`)
  }
  return shard
}

function change(state: KinesisState, stream: Stream, steps: ((nowMs: number) => void)[]): void {
  stream.change('UPDATING', state.now(), state.options.shardDelayMs, steps)
}

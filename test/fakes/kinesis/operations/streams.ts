import { AwsError, invalidArgument } from '../errors.ts'
import type { Input } from '../input.ts'
import type { Json } from '../json.ts'
import type { KinesisState } from '../state.ts'
import type { Stream } from '../stream.ts'
import { shardJson } from './shard-json.ts'

export function createStream(state: KinesisState, input: Input): Json {
  state.chargeControl('CreateStream')
  const name = input.needText('StreamName', /^(?:[a-zA-Z0-9_.-]+)$/)
  const onDemand = input.inner('StreamModeDetails')?.needText('StreamMode') === 'ON_DEMAND'
  const shards = (onDemand ? undefined : input.integer('ShardCount', 1, 10_000)) ?? 4
  const recordKiB = input.integer('MaxRecordSizeInKiB', 1024, 10_240) ?? 1024
  if (state.find(name) !== undefined) throw inUse(state, name, 'already exists.')
  const stream = state.create(name, { shards, onDemand, maxRecordBytes: recordKiB * 1024 })
  stream.change('CREATING', state.now(), state.options.shardDelayMs, [() => {}])
  return {}
}

export function deleteStream(state: KinesisState, input: Input): Json {
  const stream = state.streamOf(input)
  state.chargeControl('DeleteStream')
  const remove = (): void => {
    state.remove(stream)
  }
  stream.change('DELETING', state.now(), state.options.shardDelayMs, [remove])
  return {}
}

export function describeStreamSummary(state: KinesisState, input: Input): Json {
  const stream = state.streamOf(input)
  state.chargeControl('DescribeStreamSummary')
  return {
    StreamDescriptionSummary: {
      ...description(stream),
      OpenShardCount: stream.openShards.length,
      ConsumerCount: 0,
      MaxRecordSizeInKiB: stream.maxRecordBytes / 1024,
    },
  }
}

export function describeStream(state: KinesisState, input: Input): Json {
  const limit = input.integer('Limit', 1, 10_000) ?? 100
  const after = input.text('ExclusiveStartShardId') ?? ''
  const stream = state.streamOf(input)
  state.chargeControl('DescribeStream')
  const shards = stream.shards.filter((shard) => shard.id > after)
  const page = shards.slice(0, limit)
  return {
    StreamDescription: {
      ...description(stream),
      Shards: page.map(shardJson),
      HasMoreShards: page.length < shards.length,
    },
  }
}

export function listStreams(state: KinesisState, input: Input): Json {
  const limit = input.integer('Limit', 1, 10_000) ?? 100
  const after = input.text('ExclusiveStartStreamName') ?? input.text('NextToken') ?? ''
  state.chargeControl('ListStreams')
  const names = state.streams.map((stream) => stream.name).sort()
  const rest = names.filter((name) => name > after)
  const page = rest.slice(0, limit)
  const isMore = page.length < rest.length
  return { StreamNames: page, HasMoreStreams: isMore, ...(isMore ? { NextToken: page.at(-1) } : {}) }
}

/** Increase and Decrease: the same but for the direction. */
export function changeRetention(state: KinesisState, input: Input, operation: string): Json {
  const stream = state.streamOf(input)
  const hours = input.needInteger('RetentionPeriodHours', 1, 8760)
  state.chargeControl(operation)
  if (hours < 24) throw invalidArgument('Minimum allowed retention period is 24 hours.')
  const change = hours * 3_600_000 - stream.retentionMs
  if (operation.startsWith('Increase') ? change < 0 : change > 0) {
    throw invalidArgument(
      `Requested retention period (${hours} hours) for stream ${stream.name} can not be ` +
        `${change < 0 ? 'shorter' : 'longer'} than existing retention period (${stream.retentionMs / 3_600_000} hours).`,
    )
  }
  stream.retentionMs = hours * 3_600_000
  return {}
}

export function inUse(state: KinesisState, name: string, what: string): AwsError {
  return new AwsError('ResourceInUseException', `Stream ${name} under account ${state.options.accountId} ${what}`)
}

function description(stream: Stream): Readonly<Record<string, Json>> {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: stream.onDemand ? 'ON_DEMAND' : 'PROVISIONED' },
    RetentionPeriodHours: stream.retentionMs / 3_600_000,
    StreamCreationTimestamp: stream.createdMs / 1000,
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    ...(stream.keyId === undefined ? { EncryptionType: 'NONE' } : { EncryptionType: 'KMS', KeyId: stream.keyId }),
  }
}

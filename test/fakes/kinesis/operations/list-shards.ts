import { AwsError, invalidArgument, validation } from '../errors.ts'
import type { Input } from '../input.ts'
import type { Json } from '../json.ts'
import type { Shard } from '../shard.ts'
import type { KinesisState } from '../state.ts'
import type { Stream } from '../stream.ts'
import { shardJson } from './shard-json.ts'

/** What a listing is about; its later pages carry it in their token. */
interface Listing {
  readonly stream: Stream
  readonly filter: string
  readonly timeMs: number
  /** Only shards with greater ids. */
  readonly afterId: string
}

const filters = [
  'AFTER_SHARD_ID',
  'AT_TRIM_HORIZON',
  'FROM_TRIM_HORIZON',
  'AT_LATEST',
  'AT_TIMESTAMP',
  'FROM_TIMESTAMP',
]

export function listShards(state: KinesisState, input: Input): Json {
  const maxResults = input.integer('MaxResults', 1, 10_000) ?? 10_000
  const listing = input.has('NextToken') ? continued(state, input) : begun(state, input)
  state.chargeControl('ListShards', listing.stream.name)
  const shards = listing.stream.shards.filter((shard) => shard.id > listing.afterId && passes(shard, listing, state))
  const page = shards.slice(0, Math.min(maxResults, state.options.pageSize))
  const last = page.at(-1)
  return {
    Shards: page.map(shardJson),
    ...(last !== undefined && page.length < shards.length ? { NextToken: token(state, listing, last.id) } : {}),
  }
}

function begun(state: KinesisState, input: Input): Listing {
  if (!input.has('StreamName') && !input.has('StreamARN')) {
    throw invalidArgument('Either NextToken or StreamName should be provided.')
  }
  const stream = state.streamOf(input)
  const createdMs = input.time('StreamCreationTimestamp')
  if (createdMs !== undefined && Math.abs(createdMs - stream.createdMs) >= 1000) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Stream ${stream.name} under account ${state.options.accountId} not found.`,
    )
  }
  const filter = input.inner('ShardFilter')
  const type = filter?.needText('Type') ?? ''
  if (filter !== undefined && !filters.includes(type)) {
    throw validation('shardFilter.type', `'${type}'`, `Member must satisfy enum value set: [${filters.join(', ')}]`)
  }
  return {
    stream,
    filter: type,
    timeMs: type.endsWith('_TIMESTAMP') ? filterTime(state, filter) : 0,
    afterId: (type === 'AFTER_SHARD_ID' ? filter?.needText('ShardId') : input.text('ExclusiveStartShardId')) ?? '',
  }
}

function filterTime(state: KinesisState, filter: Input | undefined): number {
  const timeMs = filter?.time('Timestamp')
  if (timeMs === undefined) throw invalidArgument('Must specify Timestamp in ShardFilter for a filter of this type.')
  if (timeMs <= state.now()) return timeMs
  throw invalidArgument(
    `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ` +
      `timestampInMillis: ${timeMs}, currentTimestampInMillis: ${Math.floor(state.now())}`,
  )
}

function continued(state: KinesisState, input: Input): Listing {
  for (const name of ['StreamName', 'ExclusiveStartShardId', 'StreamCreationTimestamp', 'ShardFilter']) {
    if (input.has(name)) throw invalidArgument(`NextToken and ${name} cannot be provided together.`)
  }
  const {
    stream: name,
    incarnation,
    filter,
    timeMs,
    afterId,
    issuedMs,
  } = state.seal.open(input.needText('NextToken')) ?? {}
  if (
    typeof name !== 'string' ||
    typeof filter !== 'string' ||
    typeof timeMs !== 'number' ||
    typeof afterId !== 'string' ||
    typeof issuedMs !== 'number'
  ) {
    throw invalidArgument('NextToken is invalid.')
  }
  if (state.now() - issuedMs >= state.options.tokenLifetimeMs) {
    throw new AwsError('ExpiredNextTokenException', 'NextToken has expired. Please start a new listing.')
  }
  const stream = state.stream(name)
  const isOther = input.has('StreamARN') && state.streamOf(input) !== stream
  if (stream.incarnation !== incarnation || isOther) throw invalidArgument('NextToken is not valid for this stream.')
  return { stream, filter, timeMs, afterId }
}

function token(state: KinesisState, listing: Listing, afterId: string): string {
  const { stream, filter, timeMs } = listing
  const { name, incarnation } = stream
  return state.seal.close({ stream: name, incarnation, filter, timeMs, afterId, issuedMs: state.now() })
}

function passes(shard: Shard, listing: Listing, state: KinesisState): boolean {
  const endMs = shard.closedMs ?? Infinity
  const horizonMs = Math.max(listing.stream.createdMs, state.now() - listing.stream.retentionMs)
  const timeMs = Math.max(horizonMs, listing.timeMs)
  switch (listing.filter) {
    case 'AT_LATEST':
      return shard.isOpen
    case 'AT_TRIM_HORIZON':
      return shard.createdMs <= horizonMs && endMs > horizonMs
    case 'AT_TIMESTAMP':
      return shard.createdMs <= timeMs && endMs > timeMs
    case 'FROM_TIMESTAMP':
      return endMs >= timeMs
    default: // all that is within retention; older shards have left the stream
      return true
  }
}

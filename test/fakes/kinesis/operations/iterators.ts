import { AwsError, invalidArgument, notFound, validation } from '../errors.ts'
import type { Input } from '../input.ts'
import type { Json } from '../json.ts'
import { decodeSequence, endIndex } from '../sequence.ts'
import { type Shard, shardIdOf } from '../shard.ts'
import type { KinesisState } from '../state.ts'
import type { Stream } from '../stream.ts'

/** What a shard iterator says: read this shard from this index on. */
export interface Iterator {
  readonly stream: string
  readonly incarnation: number
  readonly shard: string
  readonly index: number
  readonly issuedMs: number
}

const types = ['AT_SEQUENCE_NUMBER', 'AFTER_SEQUENCE_NUMBER', 'TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP']

export function getShardIterator(state: KinesisState, input: Input): Json {
  const type = input.needText('ShardIteratorType')
  if (!types.includes(type)) {
    throw validation('shardIteratorType', `'${type}'`, `Member must satisfy enum value set: [${types.join(', ')}]`)
  }
  const stream = state.readableStreamOf(input)
  const shard = state.shard(stream, input.needText('ShardId', /^(?:[a-zA-Z0-9_.-]+)$/))
  const index = indexOf(state, input, type, stream, shard)
  state.chargeCall(state.iteratorCalls, 'GetShardIterator', stream, shard)
  return { ShardIterator: sealIterator(state, stream, shard, index) }
}

export function sealIterator(state: KinesisState, stream: Stream, shard: Shard, index: number): string {
  const { name, incarnation } = stream
  return state.seal.close({ stream: name, incarnation, shard: shard.id, index, issuedMs: state.now() })
}

/** What is inside, expired or not; undefined for what we never issued. */
export function peekIterator(state: KinesisState, sealed: string): Iterator | undefined {
  const content = state.seal.open(sealed)
  const { stream, incarnation, shard, index, issuedMs } = content ?? {}
  if (typeof stream !== 'string' || typeof shard !== 'string') return undefined
  if (typeof index !== 'number' || typeof issuedMs !== 'number' || typeof incarnation !== 'number') return undefined
  return { stream, incarnation, shard, index, issuedMs }
}

/** The living stream and shard of an iterator which may still be used. */
export function openIterator(state: KinesisState, sealed: string): { stream: Stream; shard: Shard; index: number } {
  const iterator = peekIterator(state, sealed)
  if (iterator === undefined) throw invalidArgument('Invalid ShardIterator.')
  const nowMs = state.now()
  if (nowMs - iterator.issuedMs >= state.options.iteratorLifetimeMs) {
    throw new AwsError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${new Date(iterator.issuedMs).toUTCString()} while right now ` +
        `it is ${new Date(nowMs).toUTCString()} which is further in the future than the tolerated delay of ` +
        `${state.options.iteratorLifetimeMs} milliseconds.`,
    )
  }
  const stream = state.stream(iterator.stream)
  if (stream.incarnation !== iterator.incarnation) {
    throw notFound(
      `Shard ${iterator.shard} in stream ${stream.name} under account ${state.options.accountId} does not exist`,
    )
  }
  return { stream, shard: state.shard(stream, iterator.shard), index: iterator.index }
}

function indexOf(state: KinesisState, input: Input, type: string, stream: Stream, shard: Shard): number {
  const sequenceNumber = input.text('StartingSequenceNumber', /^(?:0|([1-9]\d{0,128}))$/)
  switch (type) {
    case 'TRIM_HORIZON':
      return 0
    case 'LATEST':
      return shard.nextIndex
    case 'AT_TIMESTAMP':
      return indexAtTime(state, input.time('Timestamp'), shard)
    default:
      if (sequenceNumber === undefined) {
        throw invalidArgument(
          `Must either specify (1) AT_SEQUENCE_NUMBER/AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or ` +
            `(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and no StartingSequenceNumber.`,
        )
      }
      return indexAtSequence(state, sequenceNumber, type, stream, shard)
  }
}

function indexAtTime(state: KinesisState, timeMs: number | undefined, shard: Shard): number {
  if (timeMs === undefined) {
    throw invalidArgument(
      'Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.',
    )
  }
  if (timeMs > state.now()) {
    throw invalidArgument(
      `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. ` +
        `timestampInMillis: ${timeMs}, currentTimestampInMillis: ${Math.floor(state.now())}`,
    )
  }
  const fromMs = timeMs - state.options.timestampSlackMs
  return shard.records.find((record) => record.arrivalMs >= fromMs)?.index ?? shard.nextIndex
}

function indexAtSequence(state: KinesisState, text: string, type: string, stream: Stream, shard: Shard): number {
  const parts = decodeSequence(text)
  if (parts?.incarnation !== stream.incarnation % 4096) throw foreign(state, text, stream, shard)
  if (parts.shardNumber !== shard.number) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${shardIdOf(parts.shardNumber)}, ` +
        `while it was used in a call to a shard with ${shard.id}`,
    )
  }
  if (!shard.made(parts)) throw foreign(state, text, stream, shard)

  const isAfter = type === 'AFTER_SEQUENCE_NUMBER'
  const isFinished = !shard.isOpen && parts.index >= shard.nextIndex - 1 && shard.nextIndex > 1
  const refusesLast = isAfter && isFinished && state.options.finishedPosition === 'refuse'
  if (parts.index === endIndex ? isAfter : refusesLast) {
    throw invalidArgument(
      `Invalid SequenceNumber for ShardIteratorType ${type}, SequenceNumber has reached max possible value for the shard.`,
    )
  }
  if (parts.index === endIndex) return shard.nextIndex
  const isBeyond = parts.index >= shard.nextIndex
  const isTrimmed = parts.index > 0 && parts.index < shard.nextIndex - shard.records.length
  if (isBeyond || (isTrimmed && state.options.expiredPosition === 'refuse')) throw unusable(state, text, stream, shard)
  return isAfter ? parts.index + 1 : parts.index
}

function foreign(state: KinesisState, text: string, stream: Stream, shard: Shard): AwsError {
  return invalidArgument(`${unusableText(state, text, stream, shard)} because it did not come from this stream.`)
}

function unusable(state: KinesisState, text: string, stream: Stream, shard: Shard): AwsError {
  return invalidArgument(`${unusableText(state, text, stream, shard)}.`)
}

function unusableText(state: KinesisState, text: string, stream: Stream, shard: Shard): string {
  return (
    `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shard.id} in stream ${stream.name} ` +
    `under account ${state.options.accountId} is invalid`
  )
}

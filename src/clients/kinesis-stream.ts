import {
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListShardsCommand,
  type GetRecordsCommandOutput,
  type GetShardIteratorCommandInput,
  type KinesisClient,
  type Shard,
  type ShardFilter,
} from '@aws-sdk/client-kinesis'
import { HttpResponse } from '@smithy/core/transport'
import { KinloaderError } from '../core/errors.ts'
import { kinesisFault } from './kinesis-errors.ts'

/** What identifies and describes a stream. */
export interface StreamSummary {
  readonly arn: string
  readonly name: string
  /** ACTIVE, UPDATING, CREATING or DELETING. */
  readonly status: string
  /** Milliseconds since 1970; undefined where an emulator does not tell. Another value is another stream. */
  readonly createdMs: number | undefined
  readonly retentionMs: number
  /** The service's clock when it answered, whole seconds rounded down; undefined when it did not tell. */
  readonly serverTimeMs: number | undefined
}

/** Where to begin in a shard. */
export type IteratorStart =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'AT_TIMESTAMP'; readonly timeMs: number }
  | { readonly type: 'AFTER_SEQUENCE_NUMBER'; readonly sequenceNumber: string }

/**
 * The five calls a reader makes on one stream. Every call carries the ARN once it is known: AWS recommends it and
 * reading another account's stream requires it. No retries here: what an error means depends on who asks.
 */
export class KinesisStream {
  readonly #client: KinesisClient
  #target: { readonly StreamName: string } | { readonly StreamARN: string }

  constructor(client: KinesisClient, stream: { readonly name: string; readonly arn?: string | undefined }) {
    this.#client = client
    this.#target = stream.arn === undefined ? { StreamName: stream.name } : { StreamARN: stream.arn }
  }

  async describe(signal: AbortSignal): Promise<StreamSummary> {
    const command = new DescribeStreamSummaryCommand(this.#target)
    let serverTimeMs: number | undefined
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        serverTimeMs = dateHeader(result.response)
        return result
      },
      { step: 'deserialize', priority: 'low' },
    )
    const answer = await this.#client.send(command, { abortSignal: signal })
    const summary = answer.StreamDescriptionSummary
    if (summary?.StreamARN === undefined) {
      throw new KinloaderError(
        'BAD_ANSWER',
        'The endpoint gave no description of the stream, as if it were no Kinesis: correct endpoint, or leave it empty.',
        { retryable: true },
      )
    }
    this.#target = { StreamARN: summary.StreamARN }
    return {
      arn: summary.StreamARN,
      name: summary.StreamName ?? '',
      status: summary.StreamStatus ?? 'ACTIVE',
      createdMs: summary.StreamCreationTimestamp?.getTime(),
      retentionMs: (summary.RetentionPeriodHours ?? 24) * 3_600_000,
      serverTimeMs,
    }
  }

  /**
   * All shards, page by page (1,000 a page whatever one asks for). Begins again when a token expires (300 s), at
   * most three times.
   */
  async shards(filter: ShardFilter | undefined, signal: AbortSignal): Promise<readonly Shard[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#allPages(filter, signal)
      } catch (error) {
        if (kinesisFault(error) !== 'expired-token' || attempt === 3) throw error
      }
    }
  }

  async iterator(shardId: string, start: IteratorStart, signal: AbortSignal): Promise<string> {
    const input: GetShardIteratorCommandInput = { ...this.#target, ShardId: shardId, ShardIteratorType: start.type }
    if (start.type === 'AT_TIMESTAMP') input.Timestamp = new Date(start.timeMs)
    if (start.type === 'AFTER_SEQUENCE_NUMBER') input.StartingSequenceNumber = start.sequenceNumber
    const answer = await this.#client.send(new GetShardIteratorCommand(input), { abortSignal: signal })
    if (answer.ShardIterator === undefined) {
      throw new KinloaderError(
        'BAD_ANSWER',
        `Kinesis gave no iterator for ${shardId}: see that endpoint is one of Kinesis.`,
        { retryable: true },
      )
    }
    return answer.ShardIterator
  }

  async records(iterator: string, limit: number, signal: AbortSignal): Promise<GetRecordsCommandOutput> {
    const input = { ...this.#arn(), ShardIterator: iterator, Limit: limit }
    const answer = await this.#client.send(new GetRecordsCommand(input), { abortSignal: signal })
    // An empty answer of somebody in between has no next iterator either, and would be taken for the shard's end.
    if (answer.Records === undefined) {
      throw new KinloaderError('BAD_ANSWER', 'Kinesis gave an answer without records: see that no proxy changes it.', {
        retryable: true,
      })
    }
    return answer
  }

  /**
   * Whether records may be read, without reading any where the service knows DryRun; an endpoint which does not know
   * the flag gives one record to nobody. Rejects as a real read would.
   */
  async checkRead(shardId: string, signal: AbortSignal): Promise<void> {
    const iterator = await this.iterator(shardId, { type: 'TRIM_HORIZON' }, signal)
    const input = { ...this.#arn(), ShardIterator: iterator, Limit: 1 }
    try {
      await this.#client.send(new GetRecordsCommand({ ...input, DryRun: true }), { abortSignal: signal })
    } catch (error) {
      // A service which is strict about members it does not know.
      const name = error instanceof Error ? error.name : ''
      if (/^DryRunOperation(Exception)?$/.test(name)) return
      if (!/^(ValidationException|SerializationException|UnknownParameter)/.test(name)) throw error
      await this.#client.send(new GetRecordsCommand(input), { abortSignal: signal })
    }
  }

  async #allPages(filter: ShardFilter | undefined, signal: AbortSignal): Promise<readonly Shard[]> {
    const shards: Shard[] = []
    let token: string | undefined
    do {
      // StreamName with NextToken is refused; the token knows its stream.
      const target = token === undefined ? { ...this.#target, ...(filter && { ShardFilter: filter }) } : this.#arn()
      const input = { ...target, ...(token !== undefined && { NextToken: token }) }
      const answer = await this.#client.send(new ListShardsCommand(input), { abortSignal: signal })
      shards.push(...(answer.Shards ?? []))
      token = answer.NextToken
    } while (token !== undefined)
    return shards
  }

  /** GetRecords takes no stream name. */
  #arn(): { readonly StreamARN?: string } {
    return 'StreamARN' in this.#target ? this.#target : {}
  }
}

function dateHeader(response: unknown): number | undefined {
  if (!HttpResponse.isInstance(response)) return undefined
  const timeMs = Date.parse(response.headers['date'] ?? '')
  return Number.isNaN(timeMs) ? undefined : timeMs
}

import { type KinesisClient, ListShardsCommand, PutRecordsCommand, type Shard } from '@aws-sdk/client-kinesis'
import { KinloaderError } from '../core/errors.ts'

/** One entry of PutRecords. */
export interface PutEntry {
  readonly data: Uint8Array
  readonly partitionKey: string
  /** 0 to 2^128-1; wins over the partition key in choosing the shard. */
  readonly explicitHashKey?: bigint | undefined
}

/** What became of one entry. */
export type PutResult =
  | { readonly shardId: string; readonly errorCode?: undefined }
  | { readonly errorCode: string; readonly message: string }

/** A shard which takes records, and the hash keys it takes. */
export interface OpenShard {
  readonly shardId: string
  readonly from: bigint
  readonly to: bigint
}

/**
 * The two calls a producer makes on one stream. It never describes the stream: producers are often allowed no more
 * than to put. No retries here, the SDK would put all entries again for one which failed.
 */
export class KinesisInlet {
  readonly #client: KinesisClient
  readonly #target: { readonly StreamName: string } | { readonly StreamARN: string }

  constructor(client: KinesisClient, stream: { readonly name: string; readonly arn?: string | undefined }) {
    this.#client = client
    this.#target = stream.arn === undefined ? { StreamName: stream.name } : { StreamARN: stream.arn }
  }

  /** A result for each entry, in their order; entries fail one by one while others succeed. */
  async put(entries: readonly PutEntry[], signal: AbortSignal): Promise<readonly PutResult[]> {
    const Records = entries.map(({ data, partitionKey, explicitHashKey }) => ({
      Data: data,
      PartitionKey: partitionKey,
      ...(explicitHashKey !== undefined && { ExplicitHashKey: String(explicitHashKey) }),
    }))
    const answer = await this.#client.send(new PutRecordsCommand({ ...this.#target, Records }), { abortSignal: signal })
    // An answer of somebody in between says nothing about the entries, and they must not be taken for delivered.
    if (answer.Records?.length !== entries.length) {
      throw new KinloaderError('BAD_ANSWER', 'Kinesis gave no result for each record: see that no proxy changes it.', {
        retryable: true,
      })
    }
    return answer.Records.map(({ ShardId, SequenceNumber, ErrorCode, ErrorMessage }) =>
      ErrorCode === undefined && ShardId !== undefined && SequenceNumber !== undefined
        ? { shardId: ShardId }
        : { errorCode: ErrorCode ?? 'InternalFailure', message: ErrorMessage ?? '' },
    )
  }

  /** The shards which are open now, page by page. */
  async openShards(signal: AbortSignal): Promise<readonly OpenShard[]> {
    const shards: OpenShard[] = []
    let token: string | undefined
    do {
      // StreamName with NextToken is refused; the token knows its stream.
      const input =
        token === undefined
          ? { ...this.#target, ShardFilter: { Type: 'AT_LATEST' as const } }
          : { ...('StreamARN' in this.#target && this.#target), NextToken: token }
      const answer = await this.#client.send(new ListShardsCommand(input), { abortSignal: signal })
      for (const shard of answer.Shards ?? []) if (isOpen(shard)) shards.push(openShard(shard))
      token = answer.NextToken
    } while (token !== undefined)
    return shards
  }
}

/** The filter alone is not enough: some endpoints do not know it and list closed shards as well. */
function isOpen(shard: Shard): boolean {
  return shard.SequenceNumberRange?.EndingSequenceNumber === undefined
}

function openShard({ ShardId = '', HashKeyRange }: Shard): OpenShard {
  return {
    shardId: ShardId,
    from: BigInt(HashKeyRange?.StartingHashKey ?? 0),
    to: BigInt(HashKeyRange?.EndingHashKey ?? 0),
  }
}

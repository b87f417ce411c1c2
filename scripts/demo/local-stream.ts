import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  type KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
  type Shard,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis'
import { setTimeout as sleep } from 'node:timers/promises'
import { awsRequestHandler, createKinesisClient } from '../../src/clients/aws.ts'
import { startKinesisLocal } from '../../test/support/kinesis-local.ts'

/** A key which no service knows; the local Kinesis takes any. */
export const localKey = { accessKeyId: 'demo', secretAccessKey: 'demo' }
export const localRegion = 'eu-central-1'

export interface PutEntry {
  readonly data: Uint8Array
  readonly partitionKey: string
}

/** Where the stream has put an entry. */
export interface Placement {
  readonly shardId: string
  readonly sequenceNumber: string
}

/** A Kinesis stream on this machine. */
export class LocalStream {
  readonly name: string
  readonly endpoint: string
  readonly #client: KinesisClient

  constructor(name: string, endpoint: string) {
    this.name = name
    this.endpoint = endpoint
    this.#client = createKinesisClient({
      region: localRegion,
      endpoint,
      credentials: () => Promise.resolve(localKey),
      requestHandler: awsRequestHandler({ endpoint }),
    })
  }

  async create(shardCount: number): Promise<void> {
    await this.#client.send(new CreateStreamCommand({ StreamName: this.name, ShardCount: shardCount }))
    await this.#active()
  }

  /** Where each entry went, in their order; undefined for one which the stream refused. */
  async put(entries: readonly PutEntry[]): Promise<readonly (Placement | undefined)[]> {
    const { Records = [] } = await this.#client.send(
      new PutRecordsCommand({
        StreamName: this.name,
        Records: entries.map(({ data, partitionKey }) => ({ Data: data, PartitionKey: partitionKey })),
      }),
    )
    return entries.map((_, i) => {
      const { ShardId: shardId, SequenceNumber: sequenceNumber } = Records[i] ?? {}
      return shardId === undefined || sequenceNumber === undefined ? undefined : { shardId, sequenceNumber }
    })
  }

  /** Cuts a shard in two in the middle; resolves when the stream is active again. */
  async split(shardId: string): Promise<void> {
    const shard = (await this.#shards()).find(({ ShardId }) => ShardId === shardId)
    const { StartingHashKey: start = '0', EndingHashKey: end = '0' } = shard?.HashKeyRange ?? {}
    const middle = String((BigInt(start) + BigInt(end)) / 2n + 1n)
    await this.#client.send(
      new SplitShardCommand({ StreamName: this.name, ShardToSplit: shardId, NewStartingHashKey: middle }),
    )
    await this.#active()
  }

  /** All shards, closed ones included, each with its parents. */
  async parents(): Promise<ReadonlyMap<string, readonly string[]>> {
    const shards = await this.#shards()
    return new Map(
      shards.map(({ ShardId = '', ParentShardId, AdjacentParentShardId }) => [
        ShardId,
        [ParentShardId, AdjacentParentShardId].filter((parent) => parent !== undefined),
      ]),
    )
  }

  close(): void {
    this.#client.destroy()
  }

  async #shards(): Promise<readonly Shard[]> {
    const { Shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: this.name }))
    return Shards
  }

  async #active(): Promise<void> {
    const deadlineMs = performance.now() + 20_000
    for (;;) {
      const { StreamDescriptionSummary: summary } = await this.#client.send(
        new DescribeStreamSummaryCommand({ StreamName: this.name }),
      )
      if (summary?.StreamStatus === 'ACTIVE') return
      if (performance.now() > deadlineMs) throw new Error('The local stream did not become active within 20 s.')
      await sleep(50)
    }
  }
}

/** Starts kinesis-local and creates the stream in it. `onStop` gets what ends both again. */
export async function startLocalStream(
  name: string,
  shardCount: number,
  onStop: (stop: () => Promise<void>) => void,
): Promise<LocalStream> {
  const kinesis = await startKinesisLocal()
  const stream = new LocalStream(name, kinesis.endpoint)
  onStop(async () => {
    stream.close()
    await kinesis.stop()
  })
  await stream.create(shardCount)
  return stream
}

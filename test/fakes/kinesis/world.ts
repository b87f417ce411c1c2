import assert from 'node:assert/strict'
import { type GetShardIteratorCommandInput, Kinesis } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type EngineOptions, KinesisEngine } from './engine.ts'
import { startKinesisServer } from './http-door.ts'
import { SdkDoor } from './sdk-door.ts'

/** An engine on a virtual clock with a real SDK client in front of one of its doors. */
export interface World {
  readonly clock: VirtualClock
  readonly engine: KinesisEngine
  readonly client: Kinesis
  close(): Promise<void>
}

export type OpenWorld = (options?: Partial<EngineOptions>) => Promise<World>

/** Both doors, by name. */
export const doors: readonly (readonly [string, OpenWorld])[] = [
  ['SDK door', openAtSdkDoor],
  ['HTTP door', openAtHttpDoor],
]

const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }

async function openAtSdkDoor(options: Partial<EngineOptions> = {}): Promise<World> {
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock, ...options })
  const requestHandler = new SdkDoor(engine, { clock })
  const client = new Kinesis({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 })
  return {
    clock,
    engine,
    client,
    async close() {
      client.destroy()
    },
  }
}

async function openAtHttpDoor(options: Partial<EngineOptions> = {}): Promise<World> {
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock, ...options })
  const door = await startKinesisServer(engine, { clock })
  const requestHandler = new NodeHttpHandler()
  const client = new Kinesis({
    region: 'us-east-1',
    endpoint: door.endpoint,
    credentials,
    requestHandler,
    maxAttempts: 1,
  })
  return {
    clock,
    engine,
    client,
    async close() {
      client.destroy()
      await door.close()
    },
  }
}

/** A shard iterator, asked of the API. */
export async function iteratorOf(
  world: World,
  options: Partial<GetShardIteratorCommandInput> & { after?: string } = {},
): Promise<string> {
  const { after, ...rest } = options
  const { ShardIterator } = await world.client.getShardIterator({
    StreamName: 'logs',
    ShardId: 'shardId-000000000000',
    ...(after === undefined
      ? { ShardIteratorType: 'TRIM_HORIZON' }
      : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: after }),
    ...rest,
  })
  assert(ShardIterator !== undefined)
  return ShardIterator
}

/** The data of the records an iterator leads to. */
export async function read(world: World, iterator: string, limit?: number): Promise<string[]> {
  const { Records } = await world.client.getRecords({
    ShardIterator: iterator,
    ...(limit === undefined ? {} : { Limit: limit }),
  })
  return (Records ?? []).map((record) => Buffer.from(record.Data ?? []).toString())
}

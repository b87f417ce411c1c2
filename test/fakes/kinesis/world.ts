import { KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type EngineOptions, KinesisEngine } from './engine.ts'
import { startKinesisServer } from './http-door.ts'
import { SdkDoor } from './sdk-door.ts'

/** An engine on a virtual clock with a real SDK client in front of one of its doors. */
export interface World {
  readonly clock: VirtualClock
  readonly engine: KinesisEngine
  readonly client: KinesisClient
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
  const client = new KinesisClient({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 })
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
  const client = new KinesisClient({
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

import { join } from 'node:path'
import { DynamoDbCheckpointStore } from '../../src/checkpoints/dynamodb/store.ts'
import { FilesystemCheckpointStore } from '../../src/checkpoints/filesystem.ts'
import { SplunkKvCheckpointStore } from '../../src/checkpoints/splunk-kv.ts'
import { SplunkdClient } from '../../src/clients/splunkd.ts'
import type { CheckpointStore } from '../../src/core/checkpoint.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'
import { dynamoDbClient, startDynalite } from './dynalite.ts'
import { InputWorld, type InputWorldOptions, sessionKey } from './input-world.ts'
import { RecordingLogger } from './recording-logger.ts'

/** A checkpoint store as an input is told to use it. */
export interface InputStore {
  /** As `checkpoint_store` names it. */
  readonly name: string
  /** A world whose inputs save there. */
  open(options: InputWorldOptions): Promise<OpenedInputStore>
}

export interface OpenedInputStore {
  readonly world: InputWorld
  /** A store of another reader in the same place, to see how fast it is. */
  readonly neighbour: CheckpointStore
  /** Ends the world as well. */
  close(): Promise<void>
}

/** All the stores which an input can have. */
export const inputStores: readonly InputStore[] = [
  { name: 'filesystem', open: onFilesystem },
  { name: 'kvstore', open: inKvStore },
  { name: 'dynamodb', open: inDynamoDb },
]

async function onFilesystem(options: InputWorldOptions): Promise<OpenedInputStore> {
  const world = await InputWorld.start({ ...options, params: { ...options.params, checkpoint_store: 'filesystem' } })
  const neighbour = new FilesystemCheckpointStore({ path: join(world.folder, 'neighbour.json'), clock: systemClock })
  return { world, neighbour, close: () => world.close() }
}

async function inKvStore(options: InputWorldOptions): Promise<OpenedInputStore> {
  const splunkd = await FakeSplunkd.start({ sessionKey })
  const { serverUri } = splunkd
  const world = await InputWorld.start({
    ...options,
    serverUri,
    params: { ...options.params, checkpoint_store: 'kvstore' },
  })
  const neighbour = new SplunkKvCheckpointStore({
    client: new SplunkdClient({ serverUri, sessionKey }),
    clock: systemClock,
    logger: new RecordingLogger(),
    reader: { region: 'us-east-1', stream: 'logs', checkpointName: 'neighbour' },
  })
  const close = async (): Promise<void> => {
    await world.close()
    await neighbour.close()
    await splunkd.stop()
  }
  return { world, neighbour, close }
}

async function inDynamoDb(options: InputWorldOptions): Promise<OpenedInputStore> {
  const dynalite = await startDynalite()
  const world = await InputWorld.start({
    ...options,
    params: {
      ...options.params,
      checkpoint_store: 'dynamodb',
      dynamodb_endpoint: dynalite.endpoint,
      // Saves are paced to provisioned units, and five a second are more than ten units take.
      dynamodb_billing: 'on_demand',
    },
  })
  const neighbour = new DynamoDbCheckpointStore({
    client: dynamoDbClient(dynalite.endpoint),
    clock: systemClock,
    logger: new RecordingLogger(),
    table: 'neighbour',
    create: true,
    billing: 'on-demand',
    readCapacity: 0,
    writeCapacity: 0,
  })
  const close = async (): Promise<void> => {
    await world.close()
    await neighbour.close()
    await dynalite.close()
  }
  return { world, neighbour, close }
}

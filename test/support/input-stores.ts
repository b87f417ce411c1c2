import { join } from 'node:path'
import { FilesystemCheckpointStore } from '../../src/checkpoints/filesystem.ts'
import type { CheckpointStore } from '../../src/core/checkpoint.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import type { Parameters } from '../fakes/splunkd/documents.ts'
import { InputWorld, type InputWorldOptions } from './input-world.ts'

/** A checkpoint store as an input is told to use it. */
export interface InputStore {
  /** As `checkpoint_store` names it. */
  readonly name: string
  /** A world whose inputs save there, and a store of another reader in the same place, to measure it. */
  open(options: InputWorldOptions): Promise<OpenedInputStore>
}

export interface OpenedInputStore {
  readonly world: InputWorld
  readonly neighbour: CheckpointStore
  /** Ends the world as well. */
  close(): Promise<void>
}

/** All the stores which an input can have. */
export const inputStores: readonly InputStore[] = [
  {
    name: 'filesystem',
    async open(options) {
      const world = await InputWorld.start({ ...options, params: params('filesystem', options.params) })
      const path = join(world.folder, 'neighbour.json')
      return {
        world,
        neighbour: new FilesystemCheckpointStore({ path, clock: systemClock }),
        close: () => world.close(),
      }
    },
  },
]

function params(store: string, more: Parameters | undefined): Parameters {
  return { checkpoint_store: store, ...more }
}

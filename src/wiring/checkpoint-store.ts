import { checkpointFile, FilesystemCheckpointStore } from '../checkpoints/filesystem.ts'
import type { CheckableStore } from '../checkpoints/checkable.ts'
import type { ReaderIdentity } from '../checkpoints/reader-identity.ts'
import { KinloaderError } from '../core/errors.ts'
import type { InputStanza, SplunkdSurroundings } from '../splunk/input-definition.ts'
import type { ModularInputContext } from '../splunk/modular-input.ts'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'
import type { AwsConnection } from './kinesis-connection.ts'

export interface CheckpointStoreOptions {
  readonly settings: KinloaderSettings
  readonly definition: SplunkdSurroundings
  readonly stanza: Pick<InputStanza, 'app'>
  readonly connection: AwsConnection
  readonly context: ModularInputContext
}

export interface OpenedCheckpoints {
  readonly store: CheckableStore
  readonly importCheckpoints?: (() => Promise<ReadonlyMap<string, string>>) | undefined
  readonly intervalMs: number
}

/** The checkpoint store an input's settings ask for. */
export function openCheckpointStore(options: CheckpointStoreOptions): Promise<OpenedCheckpoints> {
  const { settings, definition, context } = options
  const reader: ReaderIdentity = {
    region: settings.region,
    stream: settings.stream.name,
    checkpointName: settings.checkpointName,
  }
  if (settings.checkpointStore !== 'filesystem') throw new KinloaderError('NOT_YET', 'not yet')
  const path = checkpointFile(definition.checkpointDir, reader)
  const store = new FilesystemCheckpointStore({ path, clock: context.clock })
  return Promise.resolve({ store, intervalMs: settings.checkpointIntervalMs })
}

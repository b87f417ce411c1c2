import { checkpointFile, FilesystemCheckpointStore } from '../checkpoints/filesystem.ts'
import type { CheckableStore } from '../checkpoints/checkable.ts'
import type { ReaderIdentity } from '../checkpoints/reader-identity.ts'
import { SplunkKvCheckpointStore } from '../checkpoints/splunk-kv.ts'
import type { SplunkdClient } from '../clients/splunkd.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { SplunkdSurroundings } from '../splunk/input-definition.ts'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'
import type { AwsConnection } from './kinesis-connection.ts'

export interface CheckpointsOptions {
  readonly settings: KinloaderSettings
  readonly definition: SplunkdSurroundings
  readonly connection: AwsConnection
  readonly splunkd: SplunkdClient
  readonly clock: Clock
  readonly logger: Logger
  /** How long a store which is just starting is waited for, in milliseconds. Default: as each store has it, minutes. */
  readonly patienceMs?: number
}

/** The checkpoint store an input's settings ask for. The code for DynamoDB is loaded only when it is chosen. */
export async function openCheckpoints(options: CheckpointsOptions): Promise<CheckableStore> {
  const { settings, definition, connection, splunkd, clock, logger, patienceMs } = options
  const reader: ReaderIdentity = {
    region: settings.region,
    stream: settings.stream.name,
    checkpointName: settings.checkpointName,
  }
  switch (settings.checkpointStore) {
    case 'filesystem':
      return new FilesystemCheckpointStore({ path: checkpointFile(definition.checkpointDir, reader), clock })
    case 'kvstore':
      return new SplunkKvCheckpointStore({
        client: splunkd,
        clock,
        logger,
        reader,
        ...(patienceMs !== undefined && { startTimeoutMs: patienceMs }),
      })
    case 'dynamodb':
      return (await import('./dynamodb-checkpoints.ts')).openDynamoDbCheckpoints(settings, connection, options)
  }
}

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { TableOptions } from '../checkpoints/dynamodb/table.ts'
import type { CheckpointStore } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { surroundings } from '../host/surroundings.ts'
import { systemClock } from '../host/system-clock.ts'

export interface DynamoDbStoreOptions extends Omit<TableOptions, 'client' | 'clock' | 'logger'> {
  /** Default: as the AWS SDK finds it. */
  readonly region?: string
  /** Instead of the public endpoint. */
  readonly endpoint?: string
  /** Instead of one the AWS SDK makes from the environment. It becomes the store's own: `close` destroys it. */
  readonly client?: DynamoDBClient
  /** Default: lines on stderr. */
  readonly logger?: Logger
  /** Default the system's. */
  readonly clock?: Clock
}

/**
 * Checkpoints in a DynamoDB table, for a user of the library. Sends nothing before the store is used. The code for
 * DynamoDB is loaded by this call: who does not make it does not pay for it.
 */
export async function openDynamoDbStore(options: DynamoDbStoreOptions): Promise<CheckpointStore> {
  const { region, endpoint, client, logger = surroundings().logger, clock = systemClock, ...table } = options
  const { DynamoDBClient: Client } = await import('@aws-sdk/client-dynamodb')
  const { DynamoDbCheckpointStore } = await import('../checkpoints/dynamodb/store.ts')
  return new DynamoDbCheckpointStore({
    ...table,
    client:
      client ?? new Client({ ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) }),
    logger,
    clock,
  })
}

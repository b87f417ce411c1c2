import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDbCheckpointStore } from '../checkpoints/dynamodb/store.ts'
import { readKinlogTable } from '../checkpoints/kinlog/table.ts'
import { awsRequestHandler } from '../clients/aws.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { AwsConnection } from './kinesis-connection.ts'
import type { KinloaderSettings } from './inputs/kinloader-settings.ts'

/** Checkpoints in the table an input's settings name. */
export function openDynamoDbCheckpoints(
  settings: KinloaderSettings,
  connection: AwsConnection,
  { clock, logger, patienceMs }: { readonly clock: Clock; readonly logger: Logger; readonly patienceMs?: number },
): DynamoDbCheckpointStore {
  const { table, create, billing, readCapacity, writeCapacity } = settings.dynamodb
  return new DynamoDbCheckpointStore({
    client: createDynamoDbClient(settings, connection, patienceMs),
    clock,
    logger,
    table,
    create,
    billing: billing === 'on_demand' ? 'on-demand' : 'provisioned',
    readCapacity,
    writeCapacity,
    ...(patienceMs !== undefined && { activeTimeoutMs: patienceMs }),
  })
}

/** What kinlog remembered in a table of its own. */
export async function importKinlogTable(
  settings: KinloaderSettings,
  connection: AwsConnection,
  table: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const client = createDynamoDbClient(settings, connection)
  try {
    return await readKinlogTable(client, table, signal)
  } finally {
    client.destroy()
  }
}

/** With `patienceMs` a call is tried once and has that long. */
function createDynamoDbClient(
  settings: KinloaderSettings,
  connection: AwsConnection,
  patienceMs?: number,
): DynamoDBClient {
  const { region, dynamodbEndpoint, aws } = settings
  return new DynamoDBClient({
    region,
    credentials: connection.credentials,
    requestHandler: awsRequestHandler({
      proxy: aws.proxy,
      endpoint: dynamodbEndpoint,
      requestTimeoutMs: patienceMs ?? 5000,
    }),
    maxAttempts: patienceMs === undefined ? 3 : 1,
    ...(dynamodbEndpoint !== undefined && { endpoint: dynamodbEndpoint }),
  })
}

import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../core/clock.ts'
import { errorCode, KinloaderError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import { aborted } from '../errors.ts'
import { dynamoDbError, missingTable } from './errors.ts'

export interface TableOptions {
  readonly client: DynamoDBClient
  readonly clock: Clock
  readonly logger: Logger
  readonly table: string
  /** Create the table when there is none. Default false. */
  readonly create?: boolean
  /** Of a table to create. Default `provisioned`. */
  readonly billing?: 'provisioned' | 'on-demand'
  /** Read units a second of a table to create. Default 10. */
  readonly readCapacity?: number
  /** Write units a second of a table to create, or of one which may not be described. Default 10. */
  readonly writeCapacity?: number
  /** How long a table may take to become active, in milliseconds. Default 300,000. */
  readonly activeTimeoutMs?: number
}

/**
 * Sees that the table exists, fits and is active, and creates it if so wished: only when DynamoDB says that there is
 * none. Answers how many write units a second it takes; undefined: on-demand.
 */
export async function openTable(options: TableOptions, signal: AbortSignal | undefined): Promise<number | undefined> {
  const { clock, logger, table, create = false, writeCapacity = 10, activeTimeoutMs = 300_000 } = options
  const deadlineMs = clock.monotonic() + activeTimeoutMs
  let created = false
  for (;;) {
    if (signal?.aborted === true) throw aborted()
    const found = await describeTable(options, signal)
    // May use it, may not describe it: nothing is wrong with that.
    if (found === 'denied') return writeCapacity
    if (found === undefined && !created) {
      if (!create) throw missingTable(table)
      await createTable(options, signal)
      created = true
      logger.info('dynamodb', { state: 'creating the table', table })
    }
    const status = found?.TableStatus
    if (found !== undefined && (status === 'ACTIVE' || status === 'UPDATING')) {
      checkKey(found, table)
      if (created) logger.info('dynamodb', { state: 'the table is active', table })
      return writeUnits(found)
    }
    if (clock.monotonic() >= deadlineMs) {
      throw new KinloaderError(
        'DYNAMODB_TABLE_NOT_ACTIVE',
        `The DynamoDB table ${table} is still ${status ?? 'not there'} after ${activeTimeoutMs / 1000} s; see it in the AWS console.`,
        { retryable: true },
      )
    }
    await clock.sleep(1000, signal)
  }
}

/** The table, undefined when there is none, or `denied`. */
export async function describeTable(
  { client, table }: TableOptions,
  signal: AbortSignal | undefined,
): Promise<TableDescription | 'denied' | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }), abortOptions(signal))
    return Table
  } catch (error) {
    if (errorCode(error) === 'ResourceNotFoundException') return undefined
    const told = dynamoDbError(error, table)
    if (told.code === 'DYNAMODB_DENIED') return 'denied'
    throw told
  }
}

export function checkKey({ KeySchema, AttributeDefinitions }: TableDescription, table: string): void {
  const types = new Map(AttributeDefinitions?.map((one) => [one.AttributeName, one.AttributeType]))
  if (KeySchema?.length === 1 && KeySchema[0]?.AttributeName === 'ShardId' && types.get('ShardId') === 'S') return
  throw new KinloaderError(
    'DYNAMODB_TABLE_UNFIT',
    `The DynamoDB table ${table} does not have the hash key ShardId of type S alone; choose another dynamodb_table.`,
  )
}

/** What the SDK takes beside a command. */
export function abortOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

async function createTable(options: TableOptions, signal: AbortSignal | undefined): Promise<void> {
  const { client, table, billing = 'provisioned', readCapacity = 10, writeCapacity = 10 } = options
  const command = new CreateTableCommand({
    TableName: table,
    KeySchema: [{ AttributeName: 'ShardId', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'ShardId', AttributeType: 'S' }],
    ...(billing === 'on-demand'
      ? { BillingMode: 'PAY_PER_REQUEST' }
      : { ProvisionedThroughput: { ReadCapacityUnits: readCapacity, WriteCapacityUnits: writeCapacity } }),
  })
  try {
    await client.send(command, abortOptions(signal))
  } catch (error) {
    // Another reader was quicker.
    if (errorCode(error) !== 'ResourceInUseException') throw dynamoDbError(error, table)
  }
}

function writeUnits({ BillingModeSummary, ProvisionedThroughput }: TableDescription): number | undefined {
  if (BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST') return undefined
  const units = ProvisionedThroughput?.WriteCapacityUnits ?? 0
  // Stand-ins say of an on-demand table only that it has 0 units.
  return units === 0 ? undefined : units
}

import { awsMessage } from '../../clients/aws-message.ts'
import { kinesisFault } from '../../clients/kinesis-errors.ts'
import { KinloaderError } from '../../core/errors.ts'
import { aborted } from '../errors.ts'

/** What went wrong with a table, as the user needs it. */
export function dynamoDbError(error: unknown, table: string): KinloaderError {
  if (error instanceof KinloaderError) return error
  const text = awsMessage(error)
  const say = (code: string, message: string, retryable: boolean): KinloaderError =>
    new KinloaderError(code, message, { cause: error, retryable })
  // The names of AWS errors which matter here are common to its services.
  switch (kinesisFault(error)) {
    case 'aborted':
      return aborted()
    case 'throttled':
      return say(
        'DYNAMODB_THROTTLED',
        `DynamoDB throttles the table ${table}; raise its capacity or choose dynamodb_billing = on_demand.`,
        true,
      )
    case 'denied':
      return say(
        'DYNAMODB_DENIED',
        `DynamoDB denies access to the table ${table} (${text}); allow dynamodb:DescribeTable, Scan, UpdateItem and DeleteItem on it, and CreateTable if it is to be created.`,
        false,
      )
    case 'credentials':
      return say(
        'DYNAMODB_CREDENTIALS',
        `DynamoDB does not accept the credentials (${text}); see that they are current.`,
        true,
      )
    case 'gone':
      return missingTable(table, error)
    case 'transient':
      return say(
        'DYNAMODB_UNREACHABLE',
        `DynamoDB does not answer for the table ${table} (${text}); see region, dynamodb_endpoint and proxy.`,
        true,
      )
    case 'refused':
    case 'key':
    case 'expired-token':
    // Of iterators and positions only Kinesis speaks.
    case 'expired-iterator':
    case 'bad-iterator':
    case 'at-end':
    case 'foreign-stream':
    case 'wrong-shard':
    case 'too-old':
    case 'future':
      return say(
        'DYNAMODB_REFUSED',
        `DynamoDB refuses a request for the table ${table} (${text}); see that the table is one for checkpoints.`,
        false,
      )
  }
}

export function missingTable(table: string, cause?: unknown): KinloaderError {
  return new KinloaderError(
    'DYNAMODB_TABLE_MISSING',
    `There is no DynamoDB table ${table} in this region; set dynamodb_create, or create it with the hash key ShardId of type S.`,
    { cause },
  )
}

import { ScanCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { dynamoDbError } from './errors.ts'
import { abortOptions } from './table.ts'

/** Key and checkpoint of all items of a table which have both, consistently read, page by page. */
export async function* scanCheckpoints(
  client: DynamoDBClient,
  table: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly items: number; readonly checkpoints: readonly (readonly [string, string])[] }> {
  let from: Record<string, AttributeValue> | undefined
  do {
    const command = new ScanCommand({
      TableName: table,
      ConsistentRead: true,
      ProjectionExpression: 'ShardId, Checkpoint',
      ...(from !== undefined && { ExclusiveStartKey: from }),
    })
    try {
      const { Items = [], LastEvaluatedKey } = await client.send(command, abortOptions(signal))
      from = LastEvaluatedKey
      const checkpoints = Items.flatMap(({ ShardId, Checkpoint }) =>
        ShardId?.S === undefined || Checkpoint?.S === undefined ? [] : [[ShardId.S, Checkpoint.S] as const],
      )
      yield { items: Items.length, checkpoints }
    } catch (error) {
      throw dynamoDbError(error, table)
    }
  } while (from !== undefined)
}

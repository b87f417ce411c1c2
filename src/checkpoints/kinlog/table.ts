import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { errorCode } from '../../core/errors.ts'
import { scanCheckpoints } from '../dynamodb/scan.ts'
import { checkedEntry, importError } from './errors.ts'

/** kinlog's DynamoDB table: `ShardId`, `Time` and `Checkpoint`, all strings. Other items are passed over, as it did. */
export async function readKinlogTable(
  client: DynamoDBClient,
  table: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  let others = 0
  try {
    for await (const { items, checkpoints } of scanCheckpoints(client, table, signal)) {
      others += items - checkpoints.length
      for (const [shard, checkpoint] of checkpoints) {
        found.set(...checkedEntry(shard, checkpoint, `the DynamoDB table ${table}`))
      }
    }
  } catch (error) {
    if (errorCode(error) !== 'DYNAMODB_TABLE_MISSING') throw error
    throw importError(
      `there is no DynamoDB table ${table} in this region; write dynamodb:<table> as kinlog had it.`,
      error,
    )
  }
  if (found.size === 0 && others > 0) {
    throw importError(`the DynamoDB table ${table} holds no checkpoints, but other items; name kinlog's table.`)
  }
  return found
}

import { randomBytes } from 'node:crypto'
import { DynamoDbCheckpointStore } from '../../src/checkpoints/dynamodb/store.ts'
import { plainName } from '../../src/checkpoints/reader-identity.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { checkpointStoreContract } from '../contracts/checkpoint-store.ts'
import { dynamoDbClient } from '../support/dynalite.ts'

/** A DynamoDB which takes any credentials: `KINLOADER_VERIFY_DYNAMODB_ENDPOINT=http://127.0.0.1:5000`. */
const endpoint = process.env['KINLOADER_VERIFY_DYNAMODB_ENDPOINT']
if (endpoint === undefined) throw new Error('Set KINLOADER_VERIFY_DYNAMODB_ENDPOINT to the endpoint to verify against.')
const run = randomBytes(4).toString('hex')
let round = 0

checkpointStoreContract(`dynamodb at ${endpoint}`, async () => {
  round += 1
  const checkpointName = `${run}-${round}`
  return {
    open: (stream) =>
      new DynamoDbCheckpointStore({
        client: dynamoDbClient(endpoint),
        clock: systemClock,
        logger: silentLogger,
        table: plainName([stream, checkpointName], 200),
        create: true,
        billing: 'on-demand',
      }),
    async close() {},
  }
})

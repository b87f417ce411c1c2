import assert from 'node:assert/strict'
import { silentLogger } from '../../src/core/logger.ts'
import { openDynamoDbStore } from '../../src/wiring/dynamodb-store.ts'
import { type Dynalite, dynamoDbClient, startDynalite } from '../support/dynalite.ts'

describe('the DynamoDB store of the library', () => {
  let dynalite: Dynalite

  before(async () => {
    dynalite = await startDynalite()
  })

  after(async () => {
    await dynalite.close()
  })

  it('remembers in a table which it makes', async () => {
    const open = (create: boolean): ReturnType<typeof openDynamoDbStore> =>
      openDynamoDbStore({ client: dynamoDbClient(dynalite.endpoint), table: 'reader', create, logger: silentLogger })
    const store = await open(true)
    await store.save(new Map([['shardId-000000000000', '49590338']]), new AbortController().signal)
    await store.close()
    const again = await open(false)
    assert.deepEqual(await again.load(), new Map([['shardId-000000000000', '49590338']]))
    await again.close()
  })

  it('makes a client of its own', async () => {
    const store = await openDynamoDbStore({ region: 'us-east-1', endpoint: dynalite.endpoint, table: 'reader' })
    const before = { ...process.env }
    try {
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })
      assert.equal((await store.load()).size, 1)
    } finally {
      process.env = before
      await store.close()
    }
  })
})

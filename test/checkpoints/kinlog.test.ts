import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DescribeTableCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { readKinlogCollection } from '../../src/checkpoints/kinlog/collection.ts'
import { readKinlogFile } from '../../src/checkpoints/kinlog/file.ts'
import { readKinlogTable } from '../../src/checkpoints/kinlog/table.ts'
import { SplunkdClient } from '../../src/clients/splunkd.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'
import { dynamoDbClient, startDynalite, type Dynalite } from '../support/dynalite.ts'

const [first, second] = ['shardId-000000000000', 'shardId-000000000001']
const sequence = '49590338271490256608559692538361571095921575989136588898'
const timestamp = '2017-05-01T12:00:00.123456789Z'

describe('checkpoints of kinlog', () => {
  let folder: string
  let dynalite: Dynalite
  let dynamoDb: DynamoDBClient
  let splunkd: FakeSplunkd
  let client: SplunkdClient
  const read = async (place: string): Promise<[string, string][]> => [...(await readFrom(place))].sort()
  const readFrom = (place: string): Promise<ReadonlyMap<string, string>> => {
    const [, kind, rest = ''] = /^(dynamodb|kvstore):(.*)$/.exec(place) ?? []
    if (kind === 'dynamodb') return readKinlogTable(dynamoDb, rest)
    if (kind === 'kvstore') return readKinlogCollection(client, 'kinlog', rest)
    return readKinlogFile(place)
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kinloader-kinlog-'))
    dynalite = await startDynalite()
    dynamoDb = dynamoDbClient(dynalite.endpoint)
    splunkd = await FakeSplunkd.start({ maxRowsPerQuery: 1 })
    client = new SplunkdClient({ serverUri: splunkd.serverUri, sessionKey: 'test-session-key' })
  })

  after(async () => {
    dynamoDb.destroy()
    await client.close()
    await Promise.all([dynalite.close(), splunkd.stop(), rm(folder, { recursive: true })])
  })

  it('are read from its file', async () => {
    const path = join(folder, 'kinlog.json')
    const entry = (shard_id: string, checkpoint: string): object => ({ shard_id, timestamp, checkpoint })
    await writeFile(path, `${JSON.stringify({ [first]: entry(first, sequence), [second]: entry(second, '0') })}\n`)
    assert.deepEqual(await read(path), [
      [first, sequence],
      [second, '0'],
    ])
    assert.deepEqual(await read(path), [
      [first, sequence],
      [second, '0'],
    ])
    await writeFile(path, '')
    assert.deepEqual(await read(path), [])
  })

  for (const [what, text, expected] of [
    ['half a file', `{"${first}":{"shard_id`, /is not JSON .*restore kinlog's checkpoint file/],
    ['an array', '[]', /not a JSON object of checkpoints/],
    [
      'an entry without a checkpoint',
      `{"${first}":{"shard_id":"${first}"}}`,
      /holds "" for shardId-000000000000, which is no sequence number/,
    ],
    ['a checkpoint which is no number', `{"${first}":{"checkpoint":"LATEST"}}`, /holds "LATEST"/],
    ['a checkpoint as a JSON number', `{"${first}":{"checkpoint":123}}`, /no sequence number/],
    ['our own file', '{"@stream":"{}"}', /holds "@stream", which is no shard id/],
  ] as const) {
    it(`are not guessed from ${what}`, async () => {
      const path = join(folder, 'bad.json')
      await writeFile(path, text)
      await assert.rejects(read(path), { code: 'IMPORT_FAILED', retryable: false, message: expected })
    })
  }

  it('are not taken from a file which is not there', async () => {
    await assert.rejects(read(join(folder, 'none.json')), { code: 'IMPORT_FAILED', message: /there is no such file/ })
    await assert.rejects(read(`${folder}/`), { code: 'IMPORT_FAILED', message: /EISDIR/ })
  })

  it('are read from its table, other items passed over', async () => {
    const table = await createTable(dynamoDb, 'kinlog-app')
    assert.deepEqual(await read(`dynamodb:${table}`), [])
    const put = (Item: Record<string, { S: string }>): Promise<unknown> =>
      dynamoDb.send(new PutItemCommand({ TableName: table, Item }))
    await put({ ShardId: { S: 'other' }, Time: { S: timestamp } })
    await assert.rejects(read(`dynamodb:${table}`), {
      code: 'IMPORT_FAILED',
      message: /holds no checkpoints, but other items/,
    })
    await put({ ShardId: { S: first }, Time: { S: timestamp }, Checkpoint: { S: sequence } })
    await put({ ShardId: { S: second }, Time: { S: 'never' }, Checkpoint: { S: '0' } })
    assert.deepEqual(await read(`dynamodb:${table}`), [
      [first, sequence],
      [second, '0'],
    ])
    await put({ ShardId: { S: 'shard' }, Checkpoint: { S: 'TRIM_HORIZON' } })
    await assert.rejects(read(`dynamodb:${table}`), {
      code: 'IMPORT_FAILED',
      message: /kinlog-app holds "TRIM_HORIZON" for shard/,
    })
    await assert.rejects(read('dynamodb:none-such'), { code: 'IMPORT_FAILED', message: /no DynamoDB table none-such/ })
  })

  it('are read from its collection, page by page', async () => {
    const documents = splunkd.kvStore.documents('kinlog', 'kinlog_app')
    assert.deepEqual(await read('kvstore:kinlog_app'), [])
    documents.set('x', { _key: 'x', anything: 1 })
    await assert.rejects(read('kvstore:kinlog_app'), {
      code: 'IMPORT_FAILED',
      message: /no checkpoints of kinlog/,
    })
    documents.set(first, { _key: first, shard_id: first, timestamp, checkpoint: sequence })
    documents.set(second, { _key: second, shard_id: second, timestamp, checkpoint: '0' })
    assert.deepEqual(await read('kvstore:kinlog_app'), [
      [first, sequence],
      [second, '0'],
    ])
    assert.deepEqual(await read('kvstore:kinlog_app'), [
      [first, sequence],
      [second, '0'],
    ])
    documents.set('bad', { _key: 'bad', shard_id: 'bad', checkpoint: 'x\ny' })
    await assert.rejects(read('kvstore:kinlog_app'), { code: 'IMPORT_FAILED', message: /holds "x\?y" for bad/ })
    await assert.rejects(read('kvstore:none'), {
      code: 'IMPORT_FAILED',
      message: /there is no collection none of the app kinlog; write kvstore:<app>\/<collection>/,
    })
  })
})

async function createTable(client: DynamoDBClient, table: string): Promise<string> {
  await client.send(
    new CreateTableCommand({
      TableName: table,
      KeySchema: [{ AttributeName: 'ShardId', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'ShardId', AttributeType: 'S' }],
      ProvisionedThroughput: { ReadCapacityUnits: 10, WriteCapacityUnits: 10 },
    }),
  )
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
    if (Table?.TableStatus === 'ACTIVE') return table
  }
}

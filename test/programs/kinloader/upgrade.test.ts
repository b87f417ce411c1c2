import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CreateTableCommand, DescribeTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { FakeSplunkd } from '../../fakes/splunkd/server.ts'
import { dynamoDbClient, startDynalite } from '../../support/dynalite.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { InputWorld, sessionKey } from '../../support/input-world.ts'

const shardId = 'shardId-000000000000'
const timestamp = '2017-05-01T12:00:00.123456789Z'

/** All places at the same time: mostly this is waiting. */
describe('the input after kinlog', () => {
  const played = new Map<string, Promise<void>>()

  before(() => {
    for (const [place, play] of Object.entries({ file, table, collection })) {
      const playing = playedWith(play)
      // Awaited by its test, which comes later.
      playing.catch(() => undefined)
      played.set(place, playing)
    }
  })

  after(() => Promise.allSettled(played.values()))

  it('goes on after the checkpoints of its file, and only at the first start', () => played.get('file'))

  it('goes on after the checkpoints of its DynamoDB table', () => played.get('table'))

  it('goes on after the checkpoints of its collection in the KV store', () => played.get('collection'))
})

interface Scene {
  readonly splunkd: FakeSplunkd
  readonly world: InputWorld
  /** The sequence number of the fifth record of ten. */
  readonly fifth: string
}

async function playedWith(play: (scene: Scene) => Promise<void>): Promise<void> {
  const splunkd = await FakeSplunkd.start({ sessionKey })
  const world = await InputWorld.start({ serverUri: splunkd.serverUri, params: { record_format: 'text' } })
  try {
    const stored = Array.from({ length: 10 }, (_, i) => world.engine.put('logs', { data: `event ${i}` }))
    await play({ splunkd, world, fifth: stored[4]?.sequenceNumber ?? assert.fail() })
    assertLog(world.runs)
  } finally {
    await world.close()
    await splunkd.stop()
  }
}

/** What came before the checkpoint would come first. */
async function goesOn(world: InputWorld, params: Readonly<Record<string, string>>): Promise<void> {
  const input = world.run({ params })
  await input.received(5)
  // A further record comes behind all there was, and so ends the wait for what must not come.
  world.engine.put('logs', { data: 'the end' })
  await input.received(6)
  // The filler comes behind the hold-back; then all of it has a position to save.
  const { bytesRead } = input
  await world.until('filler', () => input.bytesRead >= bytesRead + 65_536)
  await input.terminate()
  await input.drained
  assert.deepEqual(
    input.events.map(({ data }) => data),
    ['event 5', 'event 6', 'event 7', 'event 8', 'event 9', 'the end'],
  )
  assert.deepEqual(linesOf(input, 'WARN', 'ERROR', 'FATAL'), [])
}

async function file({ world, fifth }: Scene): Promise<void> {
  const path = join(world.folder, 'kinlog.json')
  await writeFile(path, JSON.stringify({ [shardId]: { shard_id: shardId, timestamp, checkpoint: fifth } }))
  await goesOn(world, { import_checkpoints: `file:${path}` })

  world.engine.put('logs', { data: 'later' })
  const again = world.run({ params: { import_checkpoints: `file:${path}` } })
  await again.received(1)
  await again.terminate()
  assert.deepEqual(
    again.events.map(({ data }) => data),
    ['later'],
  )
}

async function table({ world, fifth }: Scene): Promise<void> {
  const dynalite = await startDynalite()
  const client = dynamoDbClient(dynalite.endpoint)
  try {
    await client.send(
      new CreateTableCommand({
        TableName: 'kinlog',
        AttributeDefinitions: [{ AttributeName: 'ShardId', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'ShardId', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )
    const described = new DescribeTableCommand({ TableName: 'kinlog' })
    while ((await client.send(described)).Table?.TableStatus !== 'ACTIVE') await sleep(5)
    await client.send(
      new PutItemCommand({
        TableName: 'kinlog',
        Item: { ShardId: { S: shardId }, Time: { S: timestamp }, Checkpoint: { S: fifth } },
      }),
    )
    await goesOn(world, { import_checkpoints: 'dynamodb:kinlog', dynamodb_endpoint: dynalite.endpoint })
  } finally {
    client.destroy()
    await dynalite.close()
  }
}

async function collection({ splunkd, world, fifth }: Scene): Promise<void> {
  const document = { _key: shardId, shard_id: shardId, timestamp, checkpoint: fifth }
  splunkd.kvStore.documents('kinlog', 'checkpoints').set(shardId, document)
  await goesOn(world, { import_checkpoints: 'kvstore:kinlog/checkpoints', checkpoint_store: 'kvstore' })
}

import assert from 'node:assert/strict'
import {
  CreateTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import { DynamoDbCheckpointStore, type DynamoDbCheckpointStoreOptions } from '../../src/checkpoints/dynamodb/store.ts'
import { plainName } from '../../src/checkpoints/reader-identity.ts'
import { KinloaderError } from '../../src/core/errors.ts'
import { checkpointStoreContract } from '../contracts/checkpoint-store.ts'
import { dynamoDbClient, startDynalite, type Dynalite } from '../support/dynalite.ts'
import { JumpingClock } from '../support/jumping-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const live = new AbortController().signal

let shared: Dynalite
let count = 0

before(async () => {
  shared = await startDynalite()
})

after(() => shared.close())

checkpointStoreContract('dynamodb', async () => {
  const round = (count += 1)
  return {
    open: (stream) => {
      const table = plainName([stream, String(round)], 200)
      return open(shared, { table, create: true, billing: 'on-demand' }).store
    },
    async close() {},
  }
})

describe('checkpoints in DynamoDB', () => {
  const stores: DynamoDbCheckpointStore[] = []
  const clients: DynamoDBClient[] = []
  let table: string

  const opened = (options: Partial<DynamoDbCheckpointStoreOptions> = {}): ReturnType<typeof open> => {
    const made = open(shared, { table, create: true, ...options })
    stores.push(made.store)
    return made
  }
  const client = (): DynamoDBClient => {
    const made = dynamoDbClient(shared.endpoint)
    clients.push(made)
    return made
  }

  beforeEach(() => {
    table = `kinloader-test-${(count += 1)}`
  })

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    for (const one of clients.splice(0)) one.destroy()
  })

  for (const [billing, expected] of [
    ['provisioned', { read: 20, write: 30, mode: undefined }],
    ['on-demand', { read: 0, write: 0, mode: 'PAY_PER_REQUEST' }],
  ] as const) {
    it(`creates the table as ${billing} when there is none, and uses it`, async () => {
      const { store, logger } = opened({ billing, readCapacity: 20, writeCapacity: 30 })
      assert.deepEqual([...(await store.load())], [])
      const { Table } = await client().send(new DescribeTableCommand({ TableName: table }))
      assert.deepEqual(Table?.KeySchema, [{ AttributeName: 'ShardId', KeyType: 'HASH' }])
      assert.deepEqual(
        {
          read: Table.ProvisionedThroughput?.ReadCapacityUnits,
          write: Table.ProvisionedThroughput?.WriteCapacityUnits,
          mode: Table.BillingModeSummary?.BillingMode,
        },
        expected,
      )
      assert.deepEqual(
        logger.lines.map(({ fields }) => fields['state']),
        ['creating the table', 'the table is active'],
      )
      const again = opened()
      await again.store.load()
      assert.deepEqual(again.logger.lines, [])
    })
  }

  it('waits until a new table is active, and no longer than allowed', async () => {
    const slow = await startDynalite({ createTableMs: 300 })
    try {
      const { store, clock } = open(slow, { table, create: true })
      clock.onSleep = () => new Promise((resolve) => setTimeout(resolve, 50))
      await store.save(new Map([['shard', '1']]), live)
      assert.ok(clock.sleeps.length >= 3, String(clock.sleeps.length))
      await store.close()
      const hasty = open(slow, { table: `${table}-2`, create: true, activeTimeoutMs: 3000 })
      await assert.rejects(hasty.store.load(), {
        code: 'DYNAMODB_TABLE_NOT_ACTIVE',
        message: /still CREATING after 3 s/,
      })
      const ending = new AbortController()
      const ended = open(slow, { table: `${table}-3`, create: true })
      ended.clock.onSleep = async () => {
        ending.abort()
      }
      await assert.rejects(ended.store.load(ending.signal), { code: 'ABORTED' })
      await hasty.store.close()
      await ended.store.close()
    } finally {
      await slow.close()
    }
  })

  it('says what to do when there is no table and none is to be created', async () => {
    const { store } = opened({ create: false })
    for (const call of [() => store.load(), () => store.save(new Map([['a', '1']]), live), () => store.check(live)]) {
      await assert.rejects(call(), { code: 'DYNAMODB_TABLE_MISSING', retryable: false, message: /set dynamodb_create/ })
    }
    await opened({ create: true }).store.check(live)
    await assert.rejects(client().send(new DescribeTableCommand({ TableName: table })), {
      name: 'ResourceNotFoundException',
    })
  })

  it('refuses a table with another key', async () => {
    await client().send(
      new CreateTableCommand({
        TableName: table,
        KeySchema: [
          { AttributeName: 'ShardId', KeyType: 'HASH' },
          { AttributeName: 'Stream', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'ShardId', AttributeType: 'S' },
          { AttributeName: 'Stream', AttributeType: 'S' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    )
    await assert.rejects(opened().store.load(), {
      code: 'DYNAMODB_TABLE_UNFIT',
      message: /choose another dynamodb_table/,
    })
    await assert.rejects(opened().store.check(live), { code: 'DYNAMODB_TABLE_UNFIT' })
  })

  it('stores items as kinlog did, leaves other attributes alone, and ignores items which are none of ours', async () => {
    const { store, clock } = opened()
    await store.load()
    const put = (Item: Record<string, { S: string }>): Promise<unknown> =>
      client().send(new PutItemCommand({ TableName: table, Item }))
    await put({ ShardId: { S: 'shard' }, Owner: { S: 'me' }, Checkpoint: { S: 'old' }, Time: { S: 'yesterday' } })
    await put({ ShardId: { S: 'lease' }, Owner: { S: 'me' } })
    await store.save(new Map([['shard', 'new']]), live)
    const { Item } = await client().send(new GetItemCommand({ TableName: table, Key: { ShardId: { S: 'shard' } } }))
    assert.deepEqual(Item, {
      ShardId: { S: 'shard' },
      Owner: { S: 'me' },
      Checkpoint: { S: 'new' },
      Time: { S: new Date(clock.now()).toISOString() },
    })
    assert.deepEqual([...(await store.load())], [['shard', 'new']])
  })

  it('reads page by page', async () => {
    const { store } = opened({ billing: 'on-demand' })
    // A page ends at 1 MB.
    const saved = new Map(Array.from({ length: 30 }, (_, at) => [`shard ${at}`, String(at).padEnd(100_000, 'x')]))
    await store.save(saved, live)
    const page = await client().send(new ScanCommand({ TableName: table }))
    assert.ok((page.Count ?? 0) < 30)
    assert.deepEqual(new Map([...(await store.load())].sort()), new Map([...saved].sort()))
  })

  it('paces a save to the write units of the table, after a burst', async () => {
    const { store, clock } = opened({ writeCapacity: 10 })
    await store.load()
    const startMs = clock.monotonic()
    await store.save(new Map(Array.from({ length: 50 }, (_, at) => [`shard ${at}`, '1'])), live)
    assert.equal(clock.monotonic(), startMs)
    await store.save(new Map(Array.from({ length: 100 }, (_, at) => [`shard ${at}`, '2'.repeat(1500)])), live)
    // 100 items of 2 units each at 10 a second.
    const tookMs = clock.monotonic() - startMs
    assert.ok(tookMs >= 19_999 && tookMs < 21_000, `${tookMs}`)
    const free = opened({ table: `${table}-2`, billing: 'on-demand' })
    await free.store.load()
    free.clock.sleeps.length = 0
    await free.store.save(new Map(Array.from({ length: 200 }, (_, at) => [`shard ${at}`, '1'])), live)
    assert.deepEqual(free.clock.sleeps, [])
  })

  it('stops at the first failure, and tells that one', async () => {
    const { store, sent } = opened({ billing: 'on-demand' })
    await store.load()
    sent.fail = (name, at) =>
      name === 'UpdateItemCommand' && at === 20 ? awsError('ProvisionedThroughputExceededException', 400) : undefined
    const keys = Array.from({ length: 500 }, (_, at) => `shard ${at}`)
    const saving = store.save(new Map(keys.map((key) => [key, '1'])), live)
    await assert.rejects(saving, { code: 'DYNAMODB_THROTTLED', retryable: true, message: /raise its capacity/ })
    const { updates } = sent
    assert.ok(updates < 40, String(updates))
    sent.fail = () => undefined
    await store.save(new Map(keys.map((key) => [key, '2'])), live)
    assert.ok([...(await store.load()).values()].every((value) => value === '2'))
  })

  for (const [name, status, code, retryable] of [
    ['ThrottlingException', 400, 'DYNAMODB_THROTTLED', true],
    ['RequestLimitExceeded', 400, 'DYNAMODB_THROTTLED', true],
    ['AccessDeniedException', 400, 'DYNAMODB_DENIED', false],
    ['ExpiredTokenException', 400, 'DYNAMODB_CREDENTIALS', true],
    ['UnrecognizedClientException', 400, 'DYNAMODB_CREDENTIALS', true],
    ['ResourceNotFoundException', 400, 'DYNAMODB_TABLE_MISSING', false],
    ['InternalServerError', 500, 'DYNAMODB_UNREACHABLE', true],
    ['ValidationException', 400, 'DYNAMODB_REFUSED', false],
  ] as const) {
    it(`tells what ${name} means, when loading and when saving`, async () => {
      const { store, sent } = opened()
      await store.load()
      sent.fail = () => awsError(name, status)
      for (const call of [store.load(), store.save(new Map([['shard', '1']]), live)]) {
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof KinloaderError)
          assert.deepEqual([error.code, error.retryable], [code, retryable])
          return error.message.includes(table) || code === 'DYNAMODB_CREDENTIALS'
        })
      }
    })
  }

  it('does without describing a table it may only use', async () => {
    const { store, sent } = opened()
    await store.save(new Map([['shard', '1']]), live)
    const restricted = opened()
    restricted.sent.fail = (name) =>
      name === 'DescribeTableCommand' ? awsError('AccessDeniedException', 400) : undefined
    assert.deepEqual([...(await restricted.store.load())], [['shard', '1']])
    await restricted.store.check(live)
    sent.fail = (name) => (name === 'UpdateItemCommand' ? awsError('AccessDeniedException', 400) : undefined)
    await assert.rejects(store.check(live), { code: 'DYNAMODB_DENIED', message: /allow dynamodb:DescribeTable, Scan/ })
  })

  it('says where nobody answers', async () => {
    const gone = await startDynalite()
    await gone.close()
    const { store } = open(gone, { table })
    await assert.rejects(store.load(), { code: 'DYNAMODB_UNREACHABLE', retryable: true, message: /dynamodb_endpoint/ })
    await store.close()
  })

  it('uses the table another reader is just creating', async () => {
    const { store, sent } = opened()
    await client()
      .send(new DescribeTableCommand({ TableName: table }))
      .catch(() => undefined)
    let described = 0
    sent.fail = (name) => {
      if (name !== 'DescribeTableCommand') return undefined
      described += 1
      return described === 1 ? awsError('ResourceNotFoundException', 400) : undefined
    }
    await opened().store.load()
    await store.save(new Map([['shard', '1']]), live)
    assert.equal(described, 2)
  })
})

/** The errors of the service as its client throws them. */
function awsError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`${name} was thrown`), { name, $metadata: { httpStatusCode } })
}

interface Sent {
  updates: number
  /** Asked before each command with its name and how many updates there were; an error is thrown in its place. */
  fail: (name: string, updates: number) => Error | undefined
}

function open(
  { endpoint }: Dynalite,
  options: Omit<DynamoDbCheckpointStoreOptions, 'client' | 'clock' | 'logger'>,
): { store: DynamoDbCheckpointStore; clock: JumpingClock; logger: RecordingLogger; sent: Sent } {
  const [client, clock, logger] = [dynamoDbClient(endpoint), new JumpingClock(), new RecordingLogger()]
  const sent: Sent = { updates: 0, fail: () => undefined }
  client.middlewareStack.add(
    (next, context) => (given) => {
      const name = context.commandName ?? ''
      if (name === 'UpdateItemCommand') sent.updates += 1
      const error = sent.fail(name, sent.updates)
      return error === undefined ? next(given) : Promise.reject(error)
    },
    { step: 'initialize' },
  )
  return { store: new DynamoDbCheckpointStore({ client, clock, logger, ...options }), clock, logger, sent }
}

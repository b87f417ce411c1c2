import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { systemClock } from '../../src/host/system-clock.ts'
import { kvCollection } from '../../src/checkpoints/splunk-kv.ts'
import { type EngineOptions, KinesisEngine } from '../fakes/kinesis/engine.ts'
import { startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { validationXml } from '../fakes/splunkd/documents.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'
import { dynamoDbClient, startDynalite } from '../support/dynalite.ts'
import { checkInput, type CheckOutcome } from '../support/input-check.ts'

const keyId = 'AKIATESTERTESTERTEST'
const secrets = { aws: 'q2X9/secret/of/aws', session: 'secret-of-the-session', proxy: 'secret-of-the-proxy' }

interface CheckOptions {
  readonly name?: string
  readonly checkpointDir?: string
  readonly environment?: Readonly<Record<string, string>>
}

/** A stream `orders` in us-east-1 with two shards of three records, a splunkd and a checkpoint folder. */
class World {
  readonly engine: KinesisEngine
  readonly splunkd: FakeSplunkd
  readonly folder: string
  readonly endpoint: string
  readonly #closing: (() => Promise<unknown>)[]

  static async open(options: Partial<EngineOptions> = {}): Promise<World> {
    const engine = new KinesisEngine({ clock: systemClock, accessKeyIds: [keyId], ...options })
    engine.createStream('orders', { shards: 2 })
    for (const shardId of engine.openShards('orders')) {
      for (let i = 0; i < 3; i += 1) engine.put('orders', { data: `${shardId} ${i}`, shardId })
    }
    const door = await startKinesisServer(engine, { clock: systemClock })
    const splunkd = await FakeSplunkd.start({ sessionKey: secrets.session })
    const folder = await mkdtemp(join(tmpdir(), 'kinloader-validation-'))
    return new World(engine, splunkd, folder, door.endpoint, [
      () => door.close(),
      () => splunkd.stop(),
      () => rm(folder, { recursive: true }),
    ])
  }

  private constructor(
    engine: KinesisEngine,
    splunkd: FakeSplunkd,
    folder: string,
    endpoint: string,
    closing: (() => Promise<unknown>)[],
  ) {
    this.engine = engine
    this.splunkd = splunkd
    this.folder = folder
    this.endpoint = endpoint
    this.#closing = closing
  }

  /** What splunkd would hand over for these settings on top of good ones. */
  check(
    params: Readonly<Record<string, string>> = {},
    { name = 'mine', checkpointDir = this.folder, environment = {} }: CheckOptions = {},
  ): Promise<CheckOutcome> {
    const document = validationXml({
      name,
      params: { ...this.good(), ...params },
      checkpointDir,
      serverUri: this.splunkd.serverUri,
      sessionKey: secrets.session,
    })
    return checkInput(document, environment)
  }

  good(): Record<string, string> {
    return {
      stream: 'orders',
      region: 'us-east-1',
      endpoint: this.endpoint,
      aws_access_key_id: keyId,
      aws_secret_access_key: secrets.aws,
    }
  }

  /** An entry in Splunk's password store. */
  secret(name: string, password: string): void {
    this.splunkd.conf.secrets.set(`kinloader/kinloader:${name}:`, { realm: 'kinloader', name, password })
  }

  /** Another input which Splunk has already. */
  rival(name: string, params: Readonly<Record<string, string>>): void {
    this.splunkd.conf.stanzas.set(`kinloader://${name}`, { ...this.good(), ...params })
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close()
  }
}

function assertTaken({ code, stdout, logger }: CheckOutcome): void {
  assert.deepEqual({ code, stdout, lines: logger.lines }, { code: 0, stdout: '', lines: [] })
}

/** One `<error>` with one sentence, in time, without secrets and traces. */
function assertRefused(outcome: CheckOutcome, pattern: RegExp): void {
  const { code, message, stdout, logger, elapsedMs } = outcome
  assert.equal(code, 1)
  assert.ok(message !== undefined, `no single <error>: ${stdout}`)
  assert.match(message, pattern)
  assert.match(message, /^\S.*[^.]\.$/, 'ends with one full stop, on one line')
  // What somebody else said is quoted in brackets.
  assert.doesNotMatch(message.replaceAll(/\(.*\)/g, '()'), /[.!?]\s/, `more than one sentence: ${message}`)
  for (const text of [message, JSON.stringify(logger.lines)]) {
    for (const secret of Object.values(secrets)) assert.ok(!text.includes(secret), `a secret in ${text}`)
    assert.doesNotMatch(text, /\n|\bat .*:\d+:\d+|undefined|\[object|\$response/)
  }
  assert.deepEqual(logger.told('warn', 'error'), [])
  assert.ok(elapsedMs < 9500, `${elapsedMs} ms`)
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A port on which nobody listens. */
async function closedPort(): Promise<string> {
  const server = createServer()
  const url = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return url
}

/** Takes connections and whatever comes, and never answers. */
async function openHole(): Promise<{ url: string; close: () => Promise<unknown> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).resume()
  })
  const url = await listening(server)
  return {
    url,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('validation of an input', () => {
  let world: World

  beforeEach(async () => {
    world = await World.open()
  })

  afterEach(async () => {
    await world.close()
  })

  describe('of good settings', () => {
    for (const checkpoint_store of ['kvstore', 'filesystem']) {
      it(`is silent, with ${checkpoint_store}`, async () => {
        assertTaken(await world.check({ checkpoint_store }))
      })
    }

    it('is silent for a stream named by its ARN, any start, a time which has passed', async () => {
      const stream = world.engine.stream('orders').arn
      assertTaken(await world.check({ stream, region: '', initial_position: 'trim_horizon' }))
      assertTaken(await world.check({ initial_position: '2020-02-29T12:00:00Z' }))
    })

    it('reads no data: a GetRecords which moves nothing, and no record leaves', async () => {
      const asked: string[] = []
      const { engine } = world
      const execute = engine.execute.bind(engine)
      engine.execute = (operation, members, flags) => {
        const answer = execute(operation, members, flags)
        asked.push(operation)
        if (operation === 'GetRecords') {
          assert.equal((members as { DryRun?: unknown }).DryRun, true)
          assert.deepEqual((answer as { Records?: unknown }).Records, [])
        }
        return answer
      }
      assertTaken(await world.check())
      assert.deepEqual(asked, ['DescribeStreamSummary', 'ListShards', 'GetShardIterator', 'GetRecords'])
    })

    it('changes nothing that is remembered', async () => {
      const documents = world.splunkd.kvStore.documents('kinloader', kvCollection)
      documents.set('a', { _key: 'a', reader: '["us-east-1","orders","kinloader"]', shard: 's', checkpoint: '1' })
      const before = structuredClone([...documents])
      assertTaken(await world.check())
      assert.deepEqual([...documents], before)
      assert.deepEqual(world.splunkd.conf.edits, [])
    })

    it('takes a stream whose reading is throttled just now, and an empty one', async () => {
      world.engine.faults.inject({ operation: 'GetRecords', fault: { kind: 'throttle' } })
      assertTaken(await world.check())
      world.engine.createStream('empty', { shards: 1 })
      assertTaken(await world.check({ stream: 'empty' }))
    })
  })

  describe('of an endpoint which', () => {
    it('does not know DryRun: reads one record for nobody', async () => {
      await world.close()
      world = await World.open({ dryRun: false })
      assertTaken(await world.check())
      assert.equal(world.engine.calls.count('GetRecords'), 1)
    })

    for (const name of ['SerializationException', 'ValidationException']) {
      it(`refuses DryRun with ${name}: asks again without it`, async () => {
        world.engine.faults.inject({ operation: 'GetRecords', fault: { kind: 'error', name } })
        assertTaken(await world.check())
        assert.equal(world.engine.calls.count('GetRecords'), 2)
      })
    }

    it('says that it would have answered: takes the settings', async () => {
      const fault = { kind: 'error', name: 'DryRunOperationException' } as const
      world.engine.faults.inject({ operation: 'GetRecords', fault })
      assertTaken(await world.check())
      assert.equal(world.engine.calls.count('GetRecords'), 1)
    })

    it('is of another region: says that region or endpoint is wrong', async () => {
      const outcome = await world.check({ region: 'us-west-2' })
      assertRefused(
        outcome,
        /^The endpoint does not belong to the region of stream orders in us-west-2; correct region/,
      )
    })

    it('is a closed port: says what to check', async () => {
      const outcome = await world.check({ endpoint: await closedPort() })
      assertRefused(outcome, /^Kinesis cannot be reached.*check network, proxy, region and endpoint \(connect ECONNREF/)
    })

    for (const [what, status, body, pattern] of [
      [
        'a web page',
        200,
        '<html>\n<b>Hello</b>',
        /check network, proxy, region and endpoint \(the answer is not JSON\)/,
      ],
      ['a web server', 404, '<html>Not Found</html>', /check network, proxy, region and endpoint \(the answer is not/],
      [
        'a proxy’s refusal',
        403,
        '<html>Blocked</html>',
        /check network, proxy, region and endpoint \(the answer is not/,
      ],
      ['some other service', 200, '{}', /^The endpoint gave no description of the stream.*correct endpoint/],
    ] as const) {
      it(`is ${what} (${status}): says what to check, and does not quote the page`, async () => {
        const server = createHttpServer((_, response) => {
          response.writeHead(status, { 'content-type': 'text/html' }).end(body)
        })
        const outcome = await world.check({ endpoint: await listening(server) })
        server.close()
        assertRefused(outcome, pattern)
        assert.doesNotMatch(outcome.message ?? '', /html|</)
      })
    }
  })

  describe('of a stream which', () => {
    it('is missing: says so', async () => {
      const outcome = await world.check({ stream: 'invoices' })
      assertRefused(outcome, /^Stream invoices in us-east-1 does not exist.*check its name, region and endpoint/)
    })

    it('is being created: says to wait', async () => {
      world.engine.stream('orders').status = 'CREATING'
      assertRefused(await world.check(), /is CREATING: save this input again when the stream is ACTIVE/)
    })

    for (const operation of ['DescribeStreamSummary', 'ListShards', 'GetShardIterator', 'GetRecords']) {
      it(`may not be asked for ${operation}: names the action and all that are needed`, async () => {
        world.engine.access.deny(operation)
        const outcome = await world.check()
        assertRefused(outcome, /^Access to stream orders in us-east-1 is denied; allow kinesis:DescribeStreamSummary, /)
        assert.match(outcome.message ?? '', new RegExp(`perform: kinesis:${operation} on resource`))
      })
    }

    it('has a key which cannot be used: says what to allow', async () => {
      world.engine.faults.inject({
        operation: 'GetRecords',
        fault: { kind: 'error', name: 'KMSAccessDeniedException' },
      })
      assertRefused(
        await world.check(),
        /^The KMS key of stream orders in us-east-1 cannot be used; enable it and allow/,
      )
    })
  })

  describe('of credentials which', () => {
    it('are unknown to AWS: says what to check', async () => {
      const outcome = await world.check({ aws_access_key_id: 'AKIASOMEBODYSOMEBODY' })
      assertRefused(outcome, /^AWS refuses the credentials; check the key/)
    })

    it('sign wrongly: keeps the canonical request, which holds the session token, to itself', async () => {
      const message =
        'The request signature we calculated does not match the signature you provided.\n\n' +
        `The Canonical String for this request should have been\n'POST\nx-amz-security-token:${secrets.session}\n'`
      const fault = { kind: 'error', name: 'InvalidSignatureException', message } as const
      world.engine.faults.inject({ operation: 'DescribeStreamSummary', fault })
      assertRefused(await world.check(), /^AWS refuses the credentials.*does not match the signature you provided\)\.$/)
    })

    it('may not assume the role: says what to allow', async () => {
      world.engine.access.deny('AssumeRole')
      const outcome = await world.check({
        role_arn: 'arn:aws:iam::123456789012:role/reader',
        sts_endpoint: world.endpoint,
      })
      assertRefused(outcome, /^The role for stream orders in us-east-1 may not be assumed; allow sts:AssumeRole/)
    })

    it('are kept in the password store, under a name or behind the mask: takes the settings', async () => {
      world.secret('reader', `${keyId}:${secrets.aws}`)
      const named = { aws_access_key_id: '', aws_secret_access_key: '', aws_credential: 'reader' }
      assertTaken(await world.check(named))
      world.secret('input.mine', secrets.aws)
      assertTaken(await world.check({ aws_secret_access_key: '********' }))
    })

    it('are not kept in the password store: says what to do', async () => {
      const named = { aws_access_key_id: '', aws_secret_access_key: '', aws_credential: 'reader' }
      assertRefused(
        await world.check(named),
        /^Splunk's password store has no entry reader in the realm kinloader: cre/,
      )
      world.secret('reader', secrets.aws)
      assertRefused(
        await world.check(named),
        /^The entry reader .* does not hold accessKeyId:secretAccessKey: store it/,
      )
      const masked = await world.check({ aws_secret_access_key: '********' })
      assertRefused(
        masked,
        /^Splunk's password store has no AWS secret for the input mine: enter aws_secret_access_key/,
      )
      assert.deepEqual(world.engine.calls.entries, [])
    })

    it('are not there at all: says where they may come from', async () => {
      const saved = { ...process.env }
      for (const name of Object.keys(process.env))
        if (name.startsWith('AWS_')) Reflect.deleteProperty(process.env, name)
      Object.assign(process.env, {
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_SHARED_CREDENTIALS_FILE: join(world.folder, 'none'),
        AWS_CONFIG_FILE: join(world.folder, 'none'),
      })
      try {
        const outcome = await world.check({ aws_access_key_id: '', aws_secret_access_key: '' })
        assertRefused(outcome, /^There are no AWS credentials which can be used; give a key/)
      } finally {
        for (const name of Object.keys(process.env)) {
          if (name.startsWith('AWS_')) Reflect.deleteProperty(process.env, name)
        }
        Object.assign(process.env, saved)
      }
    })
  })

  describe('of settings which', () => {
    for (const [what, params, pattern] of [
      [
        'start at no time',
        { initial_position: 'yesterday' },
        /initial_position must be latest, trim_horizon or a time/,
      ],
      ['start at a time without a zone', { initial_position: '2026-11-20T08:00:00' }, /a time with its zone such as/],
      ['start on a day which is none', { initial_position: '2026-02-31T08:00:00Z' }, /initial_position must be latest/],
      [
        'start in the future',
        { initial_position: '2999-01-01T00:00:00Z' },
        /^initial_position lies in the future: give/,
      ],
      ['name no region', { region: 'Frankfurt' }, /region must be an AWS region such as eu-central-1/],
      ['name two regions', { stream: 'arn:aws:kinesis:eu-west-1:123456789012:stream/a' }, /leave one of them out/],
      ['have several faults', { stream: 'a b', hold_back: 'x' }, /stream must be .*; hold_back must be a duration/],
    ] as const) {
      it(`${what}: says what they must be, and asks nobody`, async () => {
        assertRefused(await world.check(params), pattern)
        assert.deepEqual([world.engine.calls.entries, world.splunkd.requests], [[], []])
      })
    }
  })

  describe('of a checkpoint folder which', () => {
    it('is a file: says that it cannot be written', async () => {
      const checkpointDir = join(world.folder, 'taken')
      await writeFile(checkpointDir, '')
      const outcome = await world.check({ checkpoint_store: 'filesystem' }, { checkpointDir })
      assertRefused(outcome, /^The checkpoint file .*taken.* cannot be (read|written).*give the user Splunk runs as/)
    })

    it('cannot be made: says that it cannot be written', async () => {
      // Not even root makes a folder below a device.
      const outcome = await world.check({ checkpoint_store: 'filesystem' }, { checkpointDir: '/dev/null/kinloader' })
      assertRefused(outcome, /^The checkpoint file \/dev\/null.* cannot be (read|written).*the user Splunk runs as/)
    })

    it('can be read from and not written to: says that it cannot be written', async () => {
      // Nothing is there to read, and nothing can be made there, not even by root.
      const checkpointDir = join(world.folder, 'link')
      await symlink(join(world.folder, 'nowhere'), checkpointDir)
      const outcome = await world.check({ checkpoint_store: 'filesystem' }, { checkpointDir })
      assertRefused(outcome, /^The checkpoint file .*link.* cannot be written.*write access to its folder/)
    })

    it('has a folder in the place of the file: says that it cannot be read', async () => {
      await mkdir(join(world.folder, 'us-east-1.orders.kinloader.checkpoints.json'))
      assertRefused(await world.check({ checkpoint_store: 'filesystem' }), /^The checkpoint file .* cannot be read/)
    })

    it('holds a damaged file: says what to do with it', async () => {
      await writeFile(join(world.folder, 'us-east-1.orders.kinloader.checkpoints.json'), '{"shardId-0')
      assertRefused(await world.check({ checkpoint_store: 'filesystem' }), /is damaged; restore it from a backup, or/)
    })
  })

  describe('of a KV store which', () => {
    for (const state of ['disabled', 'absent', 'failed'] as const) {
      it(`is ${state}: says at once to choose another store`, async () => {
        world.splunkd.kvStore.setState(state)
        const outcome = await world.check()
        assertRefused(
          outcome,
          /^Splunk's KV store cannot be used here.*choose checkpoint_store = dynamodb or filesystem/,
        )
        assert.ok(outcome.elapsedMs < 2000)
      })
    }

    it('is behind a splunkd which starts: says to try again', async () => {
      world.splunkd.setStarting({ ms: 30_000 })
      assertRefused(await world.check(), /^splunkd answered .* 503 .*it is starting or stopping, so try again/)
    })

    it('is just starting, when something else is wrong: does not wait for it', async () => {
      world.splunkd.kvStore.setState('starting')
      const outcome = await world.check({ stream: 'invoices' })
      assertRefused(outcome, /^Stream invoices in us-east-1 does not exist/)
      assert.ok(outcome.elapsedMs < 2000)
    })

    it('does not accept the session key: says so', async () => {
      world.splunkd.revokeSession()
      assertRefused(await world.check(), /^splunkd answered .* 401 .*session key is no longer accepted/)
    })

    it('takes no documents: says what splunkd said', async () => {
      world.splunkd.onRequest(({ method }) =>
        method === 'DELETE'
          ? { status: 500, body: { messages: [{ type: 'ERROR', text: 'Disk is full.' }] } }
          : undefined,
      )
      assertRefused(
        await world.check(),
        /^splunkd answered .* with 500 \(Disk is full\); try again, and see splunkd\.log/,
      )
    })

    it('is not needed for checkpoints elsewhere', async () => {
      world.splunkd.kvStore.setState('absent')
      assertTaken(await world.check({ checkpoint_store: 'filesystem' }))
    })
  })

  describe('of a DynamoDB table which', () => {
    let dynamodb: Awaited<ReturnType<typeof startDynalite>>
    let client: DynamoDBClient
    const create = async (table: string, key: string): Promise<void> => {
      await client.send(
        new CreateTableCommand({
          TableName: table,
          KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
          ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
        }),
      )
    }
    const check = (params: Record<string, string> = {}): Promise<CheckOutcome> =>
      world.check({ checkpoint_store: 'dynamodb', dynamodb_endpoint: dynamodb.endpoint, ...params })

    before(async () => {
      dynamodb = await startDynalite()
      client = dynamoDbClient(dynamodb.endpoint)
    })

    after(async () => {
      client.destroy()
      await dynamodb.close()
    })

    it('is there, or may be created: takes the settings, and creates nothing', async () => {
      await create('good', 'ShardId')
      assertTaken(await check({ dynamodb_table: 'good', dynamodb_create: '0' }))
      assertTaken(await check({ dynamodb_table: 'later' }))
      assertRefused(await check({ dynamodb_table: 'later', dynamodb_create: '0' }), /^There is no DynamoDB table later/)
    })

    it('is missing and may not be created: says so', async () => {
      const outcome = await check({ dynamodb_create: '0' })
      assertRefused(outcome, /^There is no DynamoDB table kinloader-orders in this region; set dynamodb_create, or/)
    })

    it('has another key: says to choose another one', async () => {
      await create('other-key', 'leaseKey')
      assertRefused(await check({ dynamodb_table: 'other-key' }), /does not have the hash key ShardId.*choose another/)
    })

    it('cannot be reached: says what to look at', async () => {
      const outcome = await check({ dynamodb_endpoint: await closedPort() })
      assertRefused(outcome, /^DynamoDB does not answer for the table kinloader-orders .*dynamodb_endpoint and proxy/)
    })
  })

  describe('of an input beside', () => {
    const refusal = /^The input "theirs" reads the stream orders with the checkpoint name kinloader already: give/

    it('another one on the same stream and checkpoint name: refuses it', async () => {
      world.rival('theirs', {})
      assertRefused(await world.check(), refusal)
      assertRefused(await world.check({ checkpoint_store: 'filesystem' }), refusal)
    })

    it('another one which names the stream or the region in another way: refuses it', async () => {
      world.rival('theirs', { stream: world.engine.stream('orders').arn, region: '', checkpoint_name: 'kinloader' })
      assertRefused(await world.check(), refusal)
      world.rival('theirs', { region: '' })
      assertRefused(await world.check({}, { environment: { AWS_REGION: 'us-east-1' } }), refusal)
    })

    it('itself, as when it is edited: takes the settings', async () => {
      world.rival('mine', {})
      assertTaken(await world.check({ hold_back: '3s' }))
    })

    it('others which splunkd takes its time to list: waits for them, whatever else is done by then', async () => {
      world.splunkd.onRequest(async ({ parts }) => {
        if (parts.includes('inputs')) await systemClock.sleep(200)
        return undefined
      })
      assertTaken(await world.check())
      world.rival('theirs', {})
      assertRefused(await world.check(), refusal)
    })

    it('others which differ in stream, region or checkpoint name: takes the settings', async () => {
      world.rival('one', { stream: 'invoices' })
      world.rival('two', { region: 'us-west-2' })
      world.rival('three', { checkpoint_name: 'second' })
      world.rival('four', { stream: '' })
      assertTaken(await world.check())
    })

    it('another one which keeps its checkpoints in the same DynamoDB table: refuses it', async () => {
      const table = { checkpoint_store: 'dynamodb', dynamodb_table: 'shared', dynamodb_endpoint: await closedPort() }
      world.rival('theirs', { ...table, stream: 'invoices' })
      // The table itself is not to be had here; who fails first is told.
      const outcome = await world.check(table)
      assert.match(outcome.message ?? '', /DynamoDB table shared already|DynamoDB does not answer/)
      world.rival('theirs', { ...table, stream: 'invoices', dynamodb_table: 'own' })
      assert.match((await world.check(table)).message ?? '', /DynamoDB does not answer/)
    })
  })
})

describe('validation of an input, when somebody does not answer', function () {
  this.timeout(30_000)
  let world: World
  let hole: Awaited<ReturnType<typeof openHole>>
  let silent: FakeSplunkd
  let starting: FakeSplunkd
  // All at once: each takes the seconds it gives the others.
  const outcomes = new Map<string, Promise<CheckOutcome>>()

  before(async () => {
    world = await World.open({ limits: 'none' })
    hole = await openHole()
    silent = await FakeSplunkd.start()
    silent.setSilent(true)
    starting = await FakeSplunkd.start()
    starting.kvStore.setState('starting')
    const at = ({ serverUri }: FakeSplunkd): Promise<CheckOutcome> =>
      checkInput(validationXml({ name: 'mine', params: world.good(), checkpointDir: world.folder, serverUri }))
    outcomes.set('Kinesis', world.check({ endpoint: hole.url }))
    outcomes.set('STS', world.check({ role_arn: 'arn:aws:iam::123456789012:role/reader', sts_endpoint: hole.url }))
    outcomes.set('DynamoDB', world.check({ checkpoint_store: 'dynamodb', dynamodb_endpoint: hole.url }))
    outcomes.set(
      'proxy',
      world.check({ endpoint: '', proxy: hole.url.replace('//', `//me:${secrets.proxy}@`), region: 'eu-central-1' }),
    )
    outcomes.set('splunkd', at(silent))
    outcomes.set('KV store', at(starting))
    await Promise.all(outcomes.values())
  })

  after(async () => {
    await world.close()
    await hole.close()
    await silent.stop()
    await starting.stop()
  })

  for (const [who, pattern] of [
    ['Kinesis', /^Kinesis cannot be reached.*check network, proxy, region and endpoint \(a request has exceeded/],
    ['STS', /^Kinesis cannot be reached.*check network, proxy, region and endpoint \(a request has exceeded/],
    ['DynamoDB', /^DynamoDB does not answer for the table kinloader-orders .*dynamodb_endpoint and proxy/],
    ['proxy', /^Kinesis cannot be reached.*check network, proxy, region and endpoint/],
    ['splunkd', /^splunkd at http:\/\/127\S+ cannot be reached \(no answer in time\); see that it runs/],
    ['KV store', /^Splunk's KV store is not ready after 4 s .*if it is just starting, try again in a few minutes/],
  ] as const) {
    it(`${who}: ends in time with a sentence`, async () => {
      const outcome = await outcomes.get(who)
      assert.ok(outcome !== undefined)
      assertRefused(outcome, pattern)
    })
  }
})

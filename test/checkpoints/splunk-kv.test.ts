import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { kvCollection, SplunkKvCheckpointStore } from '../../src/checkpoints/splunk-kv.ts'
import { SplunkdClient } from '../../src/clients/splunkd.ts'
import { checkpointStoreContract } from '../contracts/checkpoint-store.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'
import { JumpingClock } from '../support/jumping-clock.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const live = new AbortController().signal
const sessionKey = 'test-session-key'

for (const https of [false, true]) {
  checkpointStoreContract(`splunk-kv over ${https ? 'https' : 'http'}`, async () => {
    const splunkd = await FakeSplunkd.start({ https, maxRowsPerQuery: 400 })
    return {
      open: (stream) => open(splunkd, { stream }).store,
      close: () => splunkd.stop(),
    }
  })
}

describe('checkpoints in the KV store', () => {
  let splunkd: FakeSplunkd
  const stores: SplunkKvCheckpointStore[] = []
  const opened = (options: OpenOptions = {}): ReturnType<typeof open> => {
    const made = open(splunkd, options)
    stores.push(made.store)
    return made
  }

  beforeEach(async () => {
    splunkd = await FakeSplunkd.start()
  })

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    await splunkd.stop()
  })

  it('makes its collection, with string fields, and uses the one which is there', async () => {
    await opened().store.save(new Map([['shard', '1']]), live)
    assert.deepEqual(
      [...(splunkd.kvStore.fields.get(`kinloader/${kvCollection}`) ?? [])],
      [
        ['reader', 'string'],
        ['shard', 'string'],
        ['checkpoint', 'string'],
        ['timestamp', 'string'],
      ],
    )
    splunkd.requests.length = 0
    await opened().store.load()
    assert.ok(!splunkd.requests.some((request) => request.startsWith('POST')))
    // Between our look and our making it, another input made it.
    splunkd.kvStore.collections.clear()
    splunkd.onRequest(({ method, parts }) => {
      if (method === 'POST' && parts.at(-1) === 'config') splunkd.kvStore.documents('kinloader', kvCollection)
      return undefined
    })
    await opened().store.save(new Map([['shard', '2']]), live)
    assert.deepEqual([...(await opened().store.load())], [['shard', '2']])
  })

  it('stores documents of texts, in the collection of the app', async () => {
    const { store, clock } = opened({ app: 'my app', checkpointName: 'main' })
    await store.save(
      new Map([['shardId-000000000001', '49590338271490256608559692538361571095921575989136588898']]),
      live,
    )
    const [document] = splunkd.kvStore.documents('my app', kvCollection).values()
    assert.deepEqual(document, {
      _key: document?._key,
      reader: '["us-east-1","app","main"]',
      shard: 'shardId-000000000001',
      checkpoint: '49590338271490256608559692538361571095921575989136588898',
      timestamp: new Date(clock.now()).toISOString(),
    })
    assert.match(document._key, /^[0-9a-f]{64}$/)
  })

  it('saves in batches splunkd takes, one request each', async () => {
    const { store } = opened()
    await store.save(new Map([['first', '0']]), live)
    splunkd.requests.length = 0
    await store.save(new Map(Array.from({ length: 1200 }, (_, at) => [`shard ${at}`, '1'])), live)
    const path = `/servicesNS/nobody/kinloader/storage/collections/data/${kvCollection}/batch_save?output_mode=json`
    assert.deepEqual(splunkd.requests, [`POST ${path}`, `POST ${path}`, `POST ${path}`])
  })

  it('reads page by page, whatever splunkd cuts them to', async () => {
    await splunkd.stop()
    splunkd = await FakeSplunkd.start({ maxRowsPerQuery: 7 })
    const saved = new Map(Array.from({ length: 20 }, (_, at) => [`shard ${at}`, String(at)]))
    await opened().store.save(saved, live)
    await opened({ stream: 'other' }).store.save(new Map([...saved.keys()].map((key) => [key, 'other'])), live)
    splunkd.requests.length = 0
    const loaded = await opened({ pageRows: 10 }).store.load()
    // The rows of others are not even asked for: three pages of 7, 7 and 6 rows, and an empty one.
    assert.equal(splunkd.requests.filter((request) => request.includes('limit=10')).length, 4)
    assert.deepEqual(new Map([...loaded].sort()), new Map([...saved].sort()))
  })

  it('waits while splunkd starts, with one line', async () => {
    await opened().store.save(new Map([['shard', '1']]), live)
    const { store, clock, logger } = opened()
    splunkd.setStarting({ requests: 12 })
    assert.deepEqual([...(await store.load())], [['shard', '1']])
    const waited = clock.sleeps.reduce((sum, ms) => sum + ms, 0)
    assert.equal(clock.sleeps.length, 12)
    assert.ok(waited > 60_000 && Math.max(...clock.sleeps) <= 15_000, `${waited}`)
    assert.deepEqual(
      logger.lines.map(({ level, fields }) => `${level} ${String(fields['state'])}`),
      ['info waiting for it to start', 'info ready'],
    )
    assert.match(String(logger.lines[0]?.fields['reason']), /initialization has not completed/)
  })

  it('waits while the KV store starts behind a splunkd which runs, and while nothing answers', async () => {
    const { store, clock } = opened()
    splunkd.kvStore.setState('starting')
    const { serverUri } = splunkd
    clock.onSleep = async (count) => {
      if (count === 2) await splunkd.stop()
      if (count === 4) await splunkd.restart()
      if (count === 5) splunkd.kvStore.setState('ready')
    }
    assert.deepEqual([...(await store.load())], [])
    assert.equal(clock.sleeps.length, 5)
    assert.equal(splunkd.serverUri, serverUri)
  })

  it('gives up after minutes, and says what to look at', async () => {
    const { store, clock } = opened({ startTimeoutMs: 120_000 })
    splunkd.kvStore.setState('starting')
    await assert.rejects(store.load(), {
      code: 'KV_STORE_NOT_READY',
      retryable: true,
      message: /not ready after 120 s \(its status is starting\).*choose checkpoint_store = dynamodb or filesystem/,
    })
    assert.equal(Math.round(clock.sleeps.reduce((sum, ms) => sum + ms, 0)), 120_000)
  })

  it('ends its waiting with the signal', async () => {
    const { store, clock } = opened()
    const ending = new AbortController()
    splunkd.setStarting({ requests: 1000 })
    clock.onSleep = async (count) => {
      if (count === 3) ending.abort()
    }
    await assert.rejects(store.load(ending.signal), { code: 'ABORTED' })
  })

  for (const state of ['absent', 'disabled', 'failed'] as const) {
    it(`says at once that there is no KV store when it is ${state}`, async () => {
      const { store, clock } = opened()
      splunkd.kvStore.setState(state)
      for (const call of [() => store.load(), () => store.save(new Map(), live), () => store.check(live)]) {
        await assert.rejects(call(), {
          code: 'KV_STORE_ABSENT',
          retryable: false,
          message: /choose checkpoint_store = dynamodb or filesystem/,
        })
      }
      assert.deepEqual(clock.sleeps, [])
    })
  }

  it('rejects for good when the session key is revoked, at the start and later', async () => {
    const { store } = opened()
    await store.load()
    splunkd.revokeSession()
    const expected = { code: 'SPLUNKD_UNAUTHORIZED', retryable: false }
    await assert.rejects(store.load(), expected)
    await assert.rejects(store.save(new Map([['shard', '1']]), live), expected)
    await assert.rejects(store.save(new Map([['shard', null]]), live), expected)
    await assert.rejects(opened().store.load(), expected)
  })

  it('does not wait once it has worked: the caller keeps what is dirty', async () => {
    const { store, clock } = opened()
    await store.save(new Map([['shard', '1']]), live)
    splunkd.setStarting({ requests: 1 })
    await assert.rejects(store.save(new Map([['shard', '2']]), live), { code: 'SPLUNKD_STARTING', retryable: true })
    await store.save(new Map([['shard', '3']]), live)
    splunkd.onRequest(() => ({ status: 500 }))
    await assert.rejects(store.save(new Map([['shard', '4']]), live), { code: 'SPLUNKD_FAILED', retryable: true })
    splunkd.clearFaults()
    assert.deepEqual([...(await store.load())], [['shard', '3']])
    assert.deepEqual(clock.sleeps, [])
  })

  it('leaves whole documents behind when it fails between two batches', async () => {
    const keys = Array.from({ length: 1200 }, (_, at) => `shard ${at}`)
    const { store } = opened()
    await store.save(new Map(keys.map((key) => [key, 'old'])), live)
    let batches = 0
    splunkd.onRequest(({ parts }) => {
      if (parts.at(-1) === 'batch_save') batches += 1
      return batches === 2 ? { status: 503 } : undefined
    })
    await assert.rejects(store.save(new Map(keys.map((key) => [key, 'new'])), live), { retryable: true })
    splunkd.clearFaults()
    const values = [...(await store.load()).values()]
    assert.equal(values.filter((value) => value === 'new').length, 500)
    assert.equal(values.filter((value) => value === 'old').length, 700)
  })

  it('makes a collection again which was removed under way', async () => {
    const { store } = opened()
    await store.save(new Map([['shard', '1']]), live)
    splunkd.kvStore.collections.clear()
    const gone = { code: 'KV_STORE_COLLECTION_GONE', retryable: true }
    await assert.rejects(store.save(new Map([['shard', '2']]), live), gone)
    await store.save(new Map([['shard', '2']]), live)
    assert.deepEqual([...(await store.load())], [['shard', '2']])
  })

  it('ignores documents of others and of no use', async () => {
    const { store } = opened()
    await store.save(new Map([['shard', '1']]), live)
    const documents = splunkd.kvStore.documents('kinloader', kvCollection)
    const [own] = documents.values()
    splunkd.kvStore.fields.clear()
    documents.set('a', { ...own, _key: 'a', shard: 1 })
    documents.set('b', { ...own, _key: 'b', shard: 'other', checkpoint: null })
    documents.set('c', { _key: 'c', shard_id: 'shardId-000000000000', checkpoint: '495' })
    assert.deepEqual([...(await store.load())], [['shard', '1']])
  })

  it('is not held up by a splunkd which takes the request and never answers', async () => {
    const { store } = opened({ timeoutMs: 40 })
    await store.load()
    splunkd.setSilent(true)
    await assert.rejects(store.save(new Map([['shard', '1']]), live), { code: 'SPLUNKD_UNREACHABLE', retryable: true })
    const ending = new AbortController()
    const slow = open(splunkd, {}).store
    const loading = slow.load(ending.signal)
    await sleep(5)
    ending.abort()
    await assert.rejects(loading, { code: 'ABORTED' })
    await slow.close()
  })
})

interface OpenOptions {
  readonly stream?: string
  readonly checkpointName?: string
  readonly app?: string
  readonly startTimeoutMs?: number
  readonly pageRows?: number
  readonly timeoutMs?: number
}

function open(
  splunkd: FakeSplunkd,
  { stream = 'app', checkpointName = '', timeoutMs = 10_000, ...options }: OpenOptions,
): { store: SplunkKvCheckpointStore; clock: JumpingClock; logger: RecordingLogger } {
  const [clock, logger] = [new JumpingClock(), new RecordingLogger()]
  const client = new SplunkdClient({ serverUri: splunkd.serverUri, sessionKey, timeoutMs })
  const reader = { region: 'us-east-1', stream, checkpointName }
  return { store: new SplunkKvCheckpointStore({ client, clock, logger, reader, ...options }), clock, logger }
}

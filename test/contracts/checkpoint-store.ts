import assert from 'node:assert/strict'
import type { CheckableStore } from '../../src/checkpoints/checkable.ts'
import { KinloaderError } from '../../src/core/errors.ts'

/** What an implementation shows to the contract: stores by reader, which share whatever is behind them. */
export interface CheckpointStoreHarness {
  /** A new instance for a reader; opening the same reader again sees what was saved, like a restarted process. */
  open(reader: string): CheckableStore
  /** After each test. */
  close(): Promise<void>
}

const live = new AbortController().signal

/** The contract of `CheckpointStore` and `CheckableStore`, for any implementation. */
export function checkpointStoreContract(name: string, start: () => Promise<CheckpointStoreHarness>): void {
  describe(`${name}: the contract of a checkpoint store`, () => {
    let harness: CheckpointStoreHarness
    const opened: CheckableStore[] = []

    const open = (reader = 'a'): CheckableStore => {
      const store = harness.open(reader)
      opened.push(store)
      return store
    }

    beforeEach(async function () {
      this.timeout(60_000)
      harness = await start()
    })

    afterEach(async function () {
      this.timeout(60_000)
      for (const store of opened.splice(0)) await store.close()
      await harness.close()
    })

    it('loads nothing for a reader which never saved', async () => {
      assert.deepEqual([...(await open().load())], [])
    })

    it('gives back what was saved, to the same instance and after reopening', async () => {
      const store = open()
      const saved = new Map([
        ['shardId-000000000000', 'one'],
        ['shardId-000000000001', 'two'],
        ['@stream', '{"arn":"arn:aws:kinesis:us-east-1:123456789012:stream/app"}'],
      ])
      assert.deepEqual(await store.save(saved, live), [])
      assert.deepEqual(sorted(await store.load()), sorted(saved))
      await store.close()
      assert.deepEqual(sorted(await open().load()), sorted(saved))
    })

    it('replaces, adds, and keeps what a save does not name', async () => {
      const store = open()
      await store.save(
        new Map([
          ['kept', '1'],
          ['replaced', '1'],
        ]),
        live,
      )
      await store.save(
        new Map([
          ['replaced', '2'],
          ['added', '2'],
        ]),
        live,
      )
      const expected = new Map([
        ['kept', '1'],
        ['replaced', '2'],
        ['added', '2'],
      ])
      assert.deepEqual(sorted(await open().load()), sorted(expected))
    })

    it('removes on null, also what was never there', async () => {
      const store = open()
      await store.save(
        new Map([
          ['kept', '1'],
          ['removed', '1'],
        ]),
        live,
      )
      assert.deepEqual(
        await store.save(
          new Map([
            ['removed', null],
            ['never-there', null],
          ]),
          live,
        ),
        [],
      )
      assert.deepEqual([...(await store.load())], [['kept', '1']])
      await store.save(
        new Map([
          ['removed', 'again'],
          ['kept', null],
        ]),
        live,
      )
      assert.deepEqual([...(await open().load())], [['removed', 'again']])
    })

    it('keeps any key and any text as they are', async () => {
      const keys = [
        'a/b',
        'a b',
        'a%2Fb',
        'a?b&c=d#e',
        '"a"',
        "'",
        '\\',
        '$a.b',
        '{}',
        '..',
        'é',
        'ключ',
        '😀',
        'a:b',
        'a\nb',
        '__proto__',
        'constructor',
        '@stream',
        '@',
        'A',
        'a',
        'a'.repeat(200),
      ]
      const saved = new Map(keys.map((key, at) => [key, `${at} "\\ \n\t é 😀 </event> ${key}`]))
      await open().save(saved, live)
      assert.deepEqual(sorted(await open().load()), sorted(saved))
      await open().save(new Map(keys.map((key) => [key, null])), live)
      assert.deepEqual([...(await open().load())], [])
    })

    it('takes an empty text and an empty save', async () => {
      const store = open()
      assert.deepEqual(await store.save(new Map(), live), [])
      await store.save(new Map([['key', '']]), live)
      assert.deepEqual([...(await open().load())], [['key', '']])
    })

    it('takes 1,500 keys of 1 KB at once', async function () {
      this.timeout(60_000)
      const saved = new Map(Array.from({ length: 1500 }, (_, at) => [shardId(at), `${at}:`.padEnd(1024, 'x')]))
      await open().save(saved, live)
      assert.deepEqual(sorted(await open().load()), sorted(saved))
    })

    it('keeps two readers apart', async () => {
      await open('a').save(
        new Map([
          ['shard', 'of a'],
          ['@stream', 'a'],
        ]),
        live,
      )
      await open('b').save(new Map([['shard', 'of b']]), live)
      await open('a').save(new Map([['@stream', null]]), live)
      assert.deepEqual([...(await open('a').load())], [['shard', 'of a']])
      assert.deepEqual([...(await open('b').load())], [['shard', 'of b']])
    })

    it('sees what another instance of the same reader saves, so that a second one can be noticed', async () => {
      const first = open()
      const second = open()
      await first.save(new Map([['@counter', '1']]), live)
      await second.load()
      await second.save(new Map([['@counter', '2']]), live)
      assert.equal((await first.load()).get('@counter'), '2')
      await first.save(new Map([['shard', '1']]), live)
      assert.equal((await second.load()).get('shard'), '1')
    })

    it('does nothing after the abort and says so', async () => {
      const store = open()
      await store.save(new Map([['key', 'old']]), live)
      const ended = AbortSignal.abort()
      await assert.rejects(store.save(new Map([['key', 'new']]), ended), isAborted)
      await assert.rejects(store.load(ended), isAborted)
      assert.deepEqual([...(await open().load())], [['key', 'old']])
    })

    it('leaves each key whole, old or new, when a save is ended under way', async function () {
      this.timeout(60_000)
      const keys = Array.from({ length: 60 }, (_, at) => shardId(at))
      const text = (round: number): string => `${round}:`.padEnd(1024, String(round))
      await open().save(new Map(keys.map((key) => [key, text(0)])), live)
      for (let round = 1; round <= 8; round += 1) {
        const ending = new AbortController()
        const before = await open().load()
        const saving = open().save(new Map(keys.map((key) => [key, text(round)])), ending.signal)
        const ended = saving.then(
          () => 'saved',
          (error: unknown) => {
            assert.ok(isAborted(error))
            return 'ended'
          },
        )
        for (let turn = 0; turn < 4 ** (round - 4); turn += 1) await new Promise((resolve) => setImmediate(resolve))
        ending.abort()
        await ended
        const after = await open().load()
        assert.equal(after.size, keys.length)
        for (const [key, value] of after) assert.ok(value === before.get(key) || value === text(round), key)
      }
      // An instance goes on after a save which was ended.
      const store = open()
      await store.save(new Map(keys.map((key) => [key, text(9)])), live)
      for (const value of (await store.load()).values()) assert.equal(value, text(9))
    })

    it('can be tried out without changing anything', async () => {
      const store = open()
      await store.check(live)
      assert.deepEqual([...(await store.load())], [])
      await store.save(new Map([['key', '1']]), live)
      await open().check(live)
      assert.deepEqual([...(await open().load())], [['key', '1']])
    })

    it('closes twice, and before anything was asked of it', async () => {
      const store = open()
      await store.close()
      await store.close()
      const used = open()
      await used.save(new Map([['key', '1']]), live)
      await used.close()
      await used.close()
      assert.deepEqual([...(await open().load())], [['key', '1']])
    })
  })
}

function sorted(entries: ReadonlyMap<string, string>): [string, string][] {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : 1))
}

function shardId(at: number): string {
  return `shardId-${String(at).padStart(12, '0')}`
}

function isAborted(error: unknown): boolean {
  return error instanceof KinloaderError && error.code === 'ABORTED'
}

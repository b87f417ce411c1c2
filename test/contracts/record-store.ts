import assert from 'node:assert/strict'
import { encodedBytes } from '../../src/sinks/firehose/encoded-size.ts'
import type { RecordStore, WaitingRecord } from '../../src/sinks/firehose/record-store.ts'
import { SeededRandom } from '../support/seeded-random.ts'

/** What an implementation shows to the contract. */
export interface RecordStoreHarness {
  readonly store: RecordStore
  /** Puts records in, in this order, as whoever adds them does. */
  add(...records: readonly Uint8Array[]): Promise<void>
  /** Reading this record fails from now on. */
  damage(record: WaitingRecord): Promise<void>
  /** The bytes of those put aside, in any order; a damaged one's may be anything. */
  quarantined(): Promise<readonly Uint8Array[]>
  /** The same place opened anew, as after a crash; absent where nothing survives one. */
  reopen?(): Promise<RecordStore>
  /** After each test. */
  end(): Promise<void>
}

const everything = { maxRecords: 500, maxEncodedBytes: 4_194_304 }

function bytesOf(...texts: readonly string[]): Buffer[] {
  return texts.map((text) => Buffer.from(text))
}

/** The contract of `RecordStore`, for any implementation. */
export function recordStoreContract(name: string, start: () => Promise<RecordStoreHarness>): void {
  describe(`${name}: the contract of a store of records`, () => {
    let harness: RecordStoreHarness
    let store: RecordStore

    beforeEach(async () => {
      harness = await start()
      store = harness.store
    })

    afterEach(() => harness.end())

    async function textsOf(records: readonly WaitingRecord[], from = store): Promise<string[]> {
      const texts: string[] = []
      for (const record of records) texts.push(Buffer.from(await from.read(record)).toString())
      return texts
    }

    it('is empty at first', () => {
      assert.deepEqual([store.waiting, store.waitingBytes, store.oldestMs], [0, 0, undefined])
      assert.deepEqual(store.takeable(), { records: 0, encodedBytes: 0 })
      assert.deepEqual(store.take(everything), [])
    })

    it('counts what comes in, and tells it afterwards', async () => {
      const seen: number[] = []
      store.onAdded = () => {
        seen.push(store.takeable().records)
      }
      await harness.add(...bytesOf('one', 'four', 'fives'))
      assert.equal(seen.at(-1), 3)
      assert.deepEqual([store.waiting, store.waitingBytes], [3, 12])
      assert.deepEqual(store.takeable(), {
        records: 3,
        encodedBytes: encodedBytes(3) + encodedBytes(4) + encodedBytes(5),
      })
      const taken = store.take(everything)
      assert.deepEqual(
        taken.map(({ bytes }) => bytes),
        [3, 4, 5],
      )
      assert.equal(new Set(taken.map((record) => record.name)).size, 3)
      assert.equal(store.oldestMs, taken[0]?.sinceMs)
    })

    it('gives the oldest first, each once, and counts the taken as waiting', async () => {
      await harness.add(...bytesOf('a', 'b'))
      await harness.add(...bytesOf('c', 'd', 'e'))
      assert.deepEqual(await textsOf(store.take({ ...everything, maxRecords: 2 })), ['a', 'b'])
      assert.deepEqual([store.waiting, store.takeable().records], [5, 3])
      assert.deepEqual(await textsOf(store.take({ ...everything, maxRecords: 2 })), ['c', 'd'])
      assert.deepEqual(await textsOf(store.take(everything)), ['e'])
      assert.deepEqual(store.take(everything), [])
      assert.deepEqual([store.waiting, store.waitingBytes, store.takeable().encodedBytes], [5, 5, 0])
    })

    it('fills a request to the byte, and not over it', async () => {
      const sizes = [300, 301, 302, 303]
      await harness.add(...sizes.map((size) => Buffer.alloc(size, 'x')))
      const three = encodedBytes(300) + encodedBytes(301) + encodedBytes(302)
      const first = store.take({ maxRecords: 500, maxEncodedBytes: three - 1 })
      assert.equal(first.length, 2)
      store.giveBack(first)
      assert.equal(store.take({ maxRecords: 500, maxEncodedBytes: three }).length, 3)
    })

    it('gives one which is larger than a request, alone', async () => {
      await harness.add(Buffer.alloc(1000, 'x'), Buffer.from('small'))
      assert.equal(store.take({ maxRecords: 500, maxEncodedBytes: 100 }).length, 1)
      assert.equal(store.take({ maxRecords: 500, maxEncodedBytes: 100 }).length, 1)
    })

    it('gives what was given back before anything newer, in the old order', async () => {
      await harness.add(...bytesOf('a', 'b', 'c', 'd'))
      const [a, b, c] = store.take({ ...everything, maxRecords: 3 })
      assert.ok(a !== undefined && b !== undefined && c !== undefined)
      store.giveBack([c])
      await harness.add(...bytesOf('e'))
      store.giveBack([b, a])
      assert.deepEqual(store.takeable(), { records: 5, encodedBytes: 5 * encodedBytes(1) })
      assert.deepEqual(await textsOf(store.take(everything)), ['a', 'b', 'c', 'd', 'e'])
    })

    it('reads the same bytes each time, also while others are taken', async () => {
      const data = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 256))
      await harness.add(data)
      const [record] = store.take(everything)
      assert.ok(record !== undefined)
      for (let i = 0; i < 2; i++) assert.ok(data.equals(await store.read(record)))
    })

    it('forgets what is removed; removing it again is fine', async () => {
      await harness.add(...bytesOf('a', 'bb', 'c'))
      const [a, bb] = store.take({ ...everything, maxRecords: 2 })
      assert.ok(a !== undefined && bb !== undefined)
      await store.remove(bb)
      await store.remove(bb)
      assert.deepEqual([store.waiting, store.waitingBytes], [2, 2])
      await assert.rejects(store.read(bb))
      store.giveBack([a])
      assert.deepEqual(await textsOf(store.take(everything)), ['a', 'c'])
    })

    it('keeps aside what is put in quarantine, and never gives it again; twice is fine', async () => {
      await harness.add(...bytesOf('good', 'bad', 'good too'))
      const [good, bad] = store.take(everything)
      assert.ok(good !== undefined && bad !== undefined)
      await store.quarantine(bad, 'refused')
      await store.quarantine(bad, 'refused')
      assert.deepEqual([store.waiting, store.waitingBytes], [2, 12])
      assert.deepEqual(
        (await harness.quarantined()).map((data) => Buffer.from(data).toString()),
        ['bad'],
      )
      store.giveBack([good])
      assert.deepEqual(await textsOf(store.take(everything)), ['good'])
    })

    it('rejects to read what is damaged, and others are not touched by it', async () => {
      await harness.add(...bytesOf('a', 'b', 'c'))
      const [a, b, c] = store.take(everything)
      assert.ok(a !== undefined && b !== undefined && c !== undefined)
      await harness.damage(b)
      await assert.rejects(store.read(b))
      await store.quarantine(b, 'unreadable')
      assert.deepEqual(await textsOf([a, c]), ['a', 'c'])
      assert.equal(store.waiting, 2)
    })

    it('has the age of the oldest which waits, taken or not', async () => {
      await harness.add(...bytesOf('a'))
      await harness.add(...bytesOf('b'))
      const [a, b] = store.take(everything)
      assert.ok(a !== undefined && b !== undefined)
      assert.equal(store.oldestMs, a.sinceMs)
      await store.remove(a)
      assert.equal(store.oldestMs, b.sinceMs)
      await store.remove(b)
      assert.equal(store.oldestMs, undefined)
    })

    it('has after a crash all which was not removed, in the old order', async function () {
      if (harness.reopen === undefined) return
      await harness.add(...bytesOf('a', 'b', 'c', 'd'))
      const [, b, c] = store.take(everything)
      assert.ok(b !== undefined && c !== undefined)
      await store.remove(b)
      await store.quarantine(c, 'refused')
      const again = await harness.reopen()
      assert.deepEqual(await textsOf(again.take(everything), again), ['a', 'd'])
      assert.deepEqual([again.waiting, again.waitingBytes], [2, 2])
    })

    it('keeps its numbers whatever happens in which order', async () => {
      const random = new SeededRandom(Math.floor(Math.random() * 2 ** 31))
      try {
        await anyOrder(harness, random)
      } catch (error) {
        throw new Error(`with seed ${random.seed}`, { cause: error })
      }
    })
  })
}

/** Beside a model: names in their order, and which of them are taken. */
async function anyOrder(harness: RecordStoreHarness, random: SeededRandom): Promise<void> {
  const { store } = harness
  const waiting: { readonly bytes: number; record: WaitingRecord | undefined }[] = []
  const free = (): typeof waiting => waiting.filter(({ record }) => record === undefined)
  for (let step = 0; step < 200; step++) {
    const taken = waiting.filter(({ record }) => record !== undefined)
    const one = taken.length === 0 ? undefined : random.pick(taken)
    const action = random.between(0, 4)
    if (action === 0) {
      const sizes = Array.from({ length: random.between(1, 3) }, () => random.between(1, 200))
      await harness.add(...sizes.map((size) => Buffer.alloc(size, 'x')))
      for (const bytes of sizes) waiting.push({ bytes, record: undefined })
    } else if (action === 1) {
      const got = store.take({ maxRecords: random.between(1, 4), maxEncodedBytes: random.between(1, 800) })
      const first = free().slice(0, got.length)
      assert.deepEqual(
        got.map(({ bytes }) => bytes),
        first.map(({ bytes }) => bytes),
      )
      assert.equal(got.length > 0, free().length > 0)
      for (const [i, entry] of first.entries()) entry.record = got[i]
    } else if (one?.record !== undefined) {
      const { record } = one
      if (action === 2) {
        store.giveBack([record])
        one.record = undefined
      } else {
        if (action === 3) await store.remove(record)
        else await store.quarantine(record, 'refused')
        waiting.splice(waiting.indexOf(one), 1)
      }
    }
    assert.equal(store.waiting, waiting.length)
    assert.equal(
      store.waitingBytes,
      waiting.reduce((sum, { bytes }) => sum + bytes, 0),
    )
    assert.deepEqual(store.takeable(), {
      records: free().length,
      encodedBytes: free().reduce((sum, { bytes }) => sum + encodedBytes(bytes), 0),
    })
  }
}

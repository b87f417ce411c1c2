import assert from 'node:assert/strict'
import { Lineage } from '../../../src/sources/kinesis/lineage.ts'
import { type EngineOptions, KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { ReaderRun, type ReaderRunOptions } from '../../support/reader-run.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const minutes = 60_000
const hours = 60 * minutes

/** A stream `logs`, a clock, and readers which remember in the same place. */
class World {
  readonly clock = new VirtualClock()
  readonly engine: KinesisEngine
  readonly remembered = new Map<string, string>()

  constructor(shards: number, options: Partial<EngineOptions> = {}) {
    this.engine = new KinesisEngine({ clock: this.clock, ...options })
    this.engine.createStream('logs', { shards })
  }

  run(options: Partial<ReaderRunOptions> = {}): ReaderRun {
    const { clock, engine, remembered } = this
    return new ReaderRun({ clock, engine, remembered, ...options })
  }

  put(texts: readonly string[], shardId?: string): void {
    for (const data of texts) this.engine.put('logs', { data, ...(shardId !== undefined && { shardId }) })
  }

  /** The n-th open shard. */
  open(index: number): string {
    return this.engine.openShards('logs')[index] ?? assert.fail(`no open shard ${index}`)
  }

  /** Long enough for everything accepted to be safe and saved. */
  async settle(): Promise<void> {
    await this.clock.advance(10_000)
  }
}

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`)
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort()
}

const latest = { initialPosition: { kind: 'latest' } } as const

describe('the traps of Kinesis', () => {
  it('1: children begin at the horizon, so what arrives between split and discovery is read', async () => {
    const world = new World(1)
    const run = world.run(latest)
    await world.clock.advance(5000)
    const [left, right] = world.engine.split('logs', world.open(0))
    world.put(numbered('l', 20), left)
    world.put(numbered('r', 20), right)
    await run.until(40)
    await run.stop()
    assert.deepEqual(sorted(run.texts()), sorted([...numbered('l', 20), ...numbered('r', 20)]))
  })

  it('2: a first start at the tip is a stored point in time before the first read, and a crash loses nothing', async () => {
    const world = new World(3)
    world.put(numbered('before', 30))
    await world.clock.advance(10_000)
    let readsBeforeSave: number | undefined
    const first = world.run({
      ...latest,
      wrapStore: (store) => ({
        load: (signal) => store.load(signal),
        save: (changes, signal) => {
          readsBeforeSave ??= world.engine.calls.count('GetRecords')
          return store.save(changes, signal)
        },
        close: () => store.close(),
      }),
    })
    await world.clock.runUntil(() => world.remembered.size === 4)
    assert.equal(readsBeforeSave, 0)
    assert.deepEqual(
      [...world.remembered.values()].filter((value) => value.startsWith('AT_TIMESTAMP')).length,
      3,
      'each shard of the first listing',
    )
    await world.clock.advance(1000)
    // A shard which closes right after the listing belongs to it all the same.
    world.put(numbered('closing', 5), world.open(0))
    world.engine.split('logs', world.open(0))
    world.put(numbered('tip', 30))
    first.crash()
    await world.clock.advance(4 * hours)
    const second = world.run(latest)
    await second.until(35)
    await world.clock.advance(30_000)
    await second.stop()
    assert.deepEqual(sorted(second.texts()), sorted([...numbered('closing', 5), ...numbered('tip', 30)]))
  })

  it('2c: a first start at the tip reads nothing of the generations of shards which were closed before it', async () => {
    const world = new World(1)
    world.put(['old parent'])
    await world.clock.advance(hours)
    const [left] = world.engine.split('logs', world.open(0))
    world.put(['old child'], left)
    await world.clock.advance(hours)
    const [grandchild] = world.engine.split('logs', left)
    world.put(['old grandchild'], grandchild)
    await world.clock.advance(hours)
    const run = world.run(latest)
    await world.clock.advance(minutes)
    world.put(['new'], grandchild)
    await run.until(1)
    await world.clock.advance(minutes)
    await run.stop()
    assert.deepEqual(run.texts(), ['new'])
  })

  it('2a: a shard which closes between the description and the listing is begun at the same point in time', async () => {
    const world = new World(2)
    world.put(['before'], world.open(0))
    await world.clock.advance(10_000)
    world.engine.faults.inject({ operation: 'ListShards', fault: { kind: 'delay', ms: 3000 } })
    const run = world.run(latest)
    await world.clock.runUntil(() => world.engine.calls.count('ListShards') === 1)
    await world.clock.advance(1000)
    const closing = world.open(0)
    world.put(numbered('late', 5), closing)
    const children = world.engine.split('logs', closing)
    world.put(numbered('child', 5), children[0])
    await world.clock.runUntil(() => world.remembered.size > 0)
    const stored = [closing, ...children].map((shardId) => world.remembered.get(shardId))
    assert.match(stored[0] ?? '', /^AT_TIMESTAMP 2026/)
    assert.deepEqual(stored, [stored[0], stored[0], stored[0]])
    await run.until(10)
    await world.settle()
    await run.stop()
    assert.deepEqual(run.texts(), [...numbered('late', 5), ...numbered('child', 5)])
  })

  it('2b: a clock which is ahead of the service starts at the service’s time', async () => {
    const world = new World(1)
    world.clock.stepWallClock(10 * minutes)
    const run = world.run(latest)
    await world.clock.advance(2000)
    world.put(['tip'])
    await run.until(1, 5000)
    await run.stop()
    assert.deepEqual(run.texts(), ['tip'])
  })

  for (const shardEnd of ['with-records', 'own-answer'] as const) {
    it(`3: records which come with a null iterator are delivered (${shardEnd})`, async () => {
      const world = new World(1, { shardEnd })
      world.put(numbered('p', 7))
      const [left] = world.engine.split('logs', world.open(0))
      world.put(['child'], left)
      const run = world.run()
      await run.until(8)
      await run.stop()
      assert.deepEqual(run.texts(), [...numbered('p', 7), 'child'])
    })
  }

  it('4: a parent closed while we were stopped is read to its end before its children', async () => {
    const world = new World(1)
    world.put(numbered('a', 5))
    const first = world.run()
    await first.until(5)
    await world.settle()
    await first.stop()
    world.put(numbered('b', 5))
    const [left, right] = world.engine.split('logs', world.open(0))
    world.put(['c'], left)
    const [grandchild] = world.engine.split('logs', right)
    world.put(['d'], grandchild)
    const second = world.run()
    await second.until(7)
    await second.stop()
    assert.deepEqual(second.texts().slice(0, 5), numbered('b', 5))
    assert.deepEqual(sorted(second.texts().slice(5)), ['c', 'd'])
  })

  it('5: a checkpoint whose shard, children and grandchildren expired goes on at the living descendants', async () => {
    const world = new World(1)
    world.put(['a'])
    const first = world.run()
    await first.until(1)
    await world.settle()
    await first.stop()
    for (let generation = 0; generation < 3; generation += 1) {
      for (const shardId of world.engine.openShards('logs')) world.engine.split('logs', shardId)
      await world.clock.advance(30 * hours)
    }
    world.put(numbered('z', 20))
    const second = world.run()
    await second.until(20)
    await world.clock.advance(3 * minutes)
    await second.stop()
    assert.deepEqual(sorted(second.texts()), sorted(numbered('z', 20)))
    assert.equal(second.logger.find('expired').length, 1)
    assert.equal(world.remembered.has('shardId-000000000000'), false, 'its checkpoint goes once it was told')
  })

  it('6: a merge child waits for both parents, and an expired parent counts as done', async () => {
    const world = new World(2)
    const [one, two] = [world.open(0), world.open(1)]
    world.put(numbered('one', 3), one)
    world.put(numbered('two', 2000), two)
    const child = world.engine.merge('logs', one, two)
    world.put(['child'], child)
    const run = world.run()
    await run.until(2004)
    await run.stop()
    assert.equal(run.texts().at(-1), 'child')

    const old = new World(2)
    const merged = old.engine.merge('logs', old.open(0), old.open(1))
    await old.clock.advance(100 * hours)
    old.put(['still'], merged)
    const late = old.run()
    await late.until(1)
    await late.stop()
    assert.deepEqual(late.texts(), ['still'])
  })

  it('7: a checkpoint at the last record of a closed shard means that it is done', async () => {
    const world = new World(1, { finishedPosition: 'refuse' })
    world.put(numbered('a', 5))
    const first = world.run()
    await first.until(5)
    await world.settle()
    await first.stop()
    const [left] = world.engine.split('logs', world.open(0))
    world.put(['child'], left)
    const second = world.run()
    await second.until(1)
    await world.settle()
    await second.stop()
    assert.deepEqual(second.texts(), ['child'])
    assert.equal(world.engine.calls.errors('InvalidArgumentException'), 1)
    assert.equal(world.remembered.get('shardId-000000000000'), 'SHARD_END')
  })

  it('8: a stream created anew under the same name is recognised, told, and read from its oldest record', async () => {
    const world = new World(2)
    world.put(numbered('old', 10))
    const first = world.run()
    await first.until(10)
    await world.settle()
    await first.stop()
    await world.clock.advance(hours)
    world.engine.recreateStream('logs', { shards: 1 })
    world.put(numbered('new', 10))
    const second = world.run(latest)
    await second.until(10)
    await world.settle()
    await second.stop()
    assert.deepEqual(second.texts(), numbered('new', 10))
    const told = second.logger.find('start').filter((line) => line.level === 'error')
    assert.equal(told.length, 1)
    assert.match(String(told[0]?.fields['was']), /2026-01-01T00:00:00/)
    assert.match(String(told[0]?.fields['is']), /2026-01-01T01:/)
    assert.equal(world.remembered.has('shardId-000000000001'), false)
  })

  it('8b: the same under a running reader', async () => {
    const world = new World(2)
    world.put(numbered('old', 10))
    const run = world.run()
    await run.until(10)
    await world.clock.advance(minutes)
    world.engine.recreateStream('logs', { shards: 1 })
    world.put(numbered('new', 10))
    await run.until(20)
    await world.settle()
    await run.stop()
    assert.deepEqual(run.texts().slice(10), numbered('new', 10))
    assert.ok(run.logger.told('error').length > 0)
  })

  it('9: a sequence number under the wrong shard is told, stops that shard alone and stays untouched', async () => {
    const world = new World(2)
    const [one, two] = [world.open(0), world.open(1)]
    world.put(numbered('one', 3), one)
    world.put(numbered('two', 3), two)
    const first = world.run()
    await first.until(6)
    await world.settle()
    await first.stop()
    const swapped = world.remembered.get(two) ?? ''
    world.remembered.set(one, swapped)
    world.put(['more'], one)
    world.put(['more'], two)
    const second = world.run()
    await world.clock.advance(10 * minutes)
    await second.stop()
    assert.deepEqual(
      second.sink.all().map((record) => record.shardId),
      [two],
    )
    assert.equal(second.logger.find('kinesis').filter((line) => line.fields['shard'] === one).length, 1)
    assert.equal(second.source.status().find(({ lane }) => lane === one)?.state, 'stopped')
    assert.equal(world.remembered.get(one), swapped)
  })

  it('10: a stall beyond the iterator’s life goes on after the last record delivered, with nothing twice', async () => {
    const world = new World(2)
    world.put(numbered('a', 10))
    const run = world.run({ maxBytes: 20_000 })
    await run.until(10)
    run.sink.block()
    const lags: number[] = []
    for (let i = 0; i < 20; i += 1) {
      world.put(Array.from({ length: 10 }, (_, n) => `b${i}-${n}-${'x'.repeat(1000)}`))
      await world.clock.advance(minutes)
      lags.push(Math.max(...run.source.status().map(({ lagMs }) => lagMs ?? 0)))
    }
    assert.ok(run.source.status().some(({ state }) => state === 'held back by Splunk'))
    assert.ok(
      lags.slice(3).every((lag, i) => i === 0 || lag > (lags[i + 2] ?? 0)),
      `lag grows: ${lags.join(' ')}`,
    )
    run.sink.unblock()
    await run.until(210)
    await world.clock.advance(minutes)
    await run.stop()
    assert.equal(new Set(run.texts()).size, 210)
    assert.equal(run.texts().length, 210)
    assert.ok(world.engine.calls.errors('ExpiredIteratorException') > 0)
    assert.deepEqual(run.logger.told('error'), [])
  })

  it('11: an empty answer ends nothing', async () => {
    const world = new World(1)
    world.put(numbered('a', 5))
    world.engine.faults.inject({ operation: 'GetRecords', times: 50, fault: { kind: 'empty' } })
    const run = world.run()
    await run.until(5)
    await run.stop()
    assert.equal(world.engine.faults.used('empty'), 50)
    assert.deepEqual(run.texts(), numbered('a', 5))
  })

  it('12: after an answer of n bytes the next call waits n / 2 MB/s, so large answers provoke no throttling', async () => {
    const world = new World(1)
    for (let i = 0; i < 40; i += 1) world.put([`${i} ${'x'.repeat(900_000)}`])
    const run = world.run({ latencyMs: 0 })
    await run.until(40)
    await run.stop()
    assert.equal(world.engine.calls.refused(), 0)
  })

  it('13: a listing of more than 1,000 shards, with tokens which expire, in any order', async () => {
    const world = new World(1200)
    for (let i = 0; i < 3; i += 1) world.put([`${i}`], world.open(i * 500))
    world.engine.faults.inject({
      operation: 'ListShards',
      fault: { kind: 'error', name: 'ExpiredNextTokenException' },
    })
    const run = world.run()
    await run.until(3)
    assert.equal(run.source.status().length, 1200)
    await run.stop()
    assert.equal(world.engine.calls.errors('InvalidArgumentException'), 0)

    const lineage = new Lineage()
    lineage.add([
      { shardId: 'a-child', parentIds: ['z-parent'] },
      { shardId: 'z-parent', parentIds: [] },
    ])
    assert.deepEqual(
      lineage.takeReady().map(({ shardId }) => shardId),
      ['z-parent'],
    )
  })

  it('14: the short-lived shards of UpdateShardCount are passed through in order', async () => {
    const world = new World(3)
    const run = world.run()
    let count = 0
    for (const target of [5, 2, 7]) {
      world.engine.updateShardCount('logs', target, 700)
      for (let i = 0; i < 40; i += 1) {
        const partitionKey = String(i % 8)
        world.engine.put('logs', { data: `${partitionKey} ${String(count).padStart(5, '0')}`, partitionKey })
        count += 1
        await world.clock.advance(100)
      }
    }
    await run.until(count)
    await run.stop()
    assert.equal(new Set(run.texts()).size, count)
    for (let key = 0; key < 8; key += 1) {
      const mine = run.texts().filter((text) => text.startsWith(`${key} `))
      assert.deepEqual(mine, sorted(mine), 'order of a key across all its shards')
    }
  })

  it('15: a stream which reshards by itself and forgets its old shards keeps flowing', async () => {
    const world = new World(2, { retentionMs: 3 * minutes })
    const run = world.run()
    const wanted: string[] = []
    for (let day = 0; day < 6; day += 1) {
      world.engine.split('logs', world.open(0))
      const pair = world.engine.neighbours('logs')[0] ?? assert.fail()
      if (day % 2 === 1) world.engine.merge('logs', pair[0], pair[1])
      const texts = numbered(`${day}-`, 10)
      world.put(texts)
      wanted.push(...texts)
      await world.clock.advance(2 * minutes)
    }
    await run.until(wanted.length)
    await world.settle()
    assert.deepEqual(sorted(run.texts()), sorted(wanted))
    const listed = run.source.status().map(({ lane }) => lane)
    assert.equal(listed.includes('shardId-000000000000'), false)
    assert.equal(world.remembered.has('shardId-000000000000'), false, 'tombstones go with their shards')
    await run.stop()
  })

  it('16: a record without a partition key is delivered', async () => {
    const world = new World(1)
    world.engine.put('logs', { data: 'keyless', partitionKey: null })
    const run = world.run()
    await run.until(1)
    await run.stop()
    assert.equal(run.sink.all()[0]?.partitionKey, undefined)
    assert.deepEqual(run.texts(), ['keyless'])
  })

  it('17: arrival times which go backwards and an approximate AT_TIMESTAMP neither lose nor reorder', async () => {
    let shift = 0
    const world = new World(1, {
      timestampSlackMs: 3000,
      arrivalShiftMs: () => ((shift = (shift * 7 + 13) % 20), shift * -500),
    })
    const run = world.run(latest)
    await world.clock.advance(5000)
    for (let i = 0; i < 30; i += 1) {
      world.put([`${i}`])
      await world.clock.advance(300)
    }
    await run.until(30)
    await world.settle()
    await run.stop()
    world.put(['last'])
    const again = world.run(latest)
    await again.until(1)
    await again.stop()
    assert.deepEqual(run.texts(), numbered('', 30))
    assert.deepEqual(again.texts(), ['last'])
  })

  it('19: a shard without any answer is given up and begun anew by the watchdog', async () => {
    const world = new World(2)
    const [one, two] = [world.open(0), world.open(1)]
    world.put(numbered('one', 3), one)
    world.put(numbered('two', 3), two)
    const run = world.run({ requestTimeoutMs: Infinity })
    await run.until(6)
    world.engine.faults.inject({ operation: 'GetRecords', shardId: one, fault: { kind: 'hang' } })
    await world.clock.advance(5000)
    world.put(['after'], one)
    world.put(['other'], two)
    await run.until(7)
    assert.equal(run.texts().at(-1), 'other', 'the other shard goes on')
    await run.until(8, 10 * minutes)
    await run.stop()
    assert.deepEqual(sorted(run.texts()), sorted([...numbered('one', 3), ...numbered('two', 3), 'after', 'other']))
    assert.equal(run.logger.find('watchdog').length, 1)
  })

  it('24: many inputs which start together stay under the call limits', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    // 40 descriptions over 2 s are the account's 20 a second, and the bucket's first 20 take the chance out of it.
    const random = new SeededRandom(24)
    const runs = Array.from({ length: 40 }, (_, i) => {
      const streamName = `logs-${i}`
      engine.createStream(streamName, { shards: 2 })
      engine.put(streamName, { data: 'x' })
      return new ReaderRun({
        clock,
        engine,
        remembered: new Map(),
        streamName,
        startJitterMs: 2000,
        refreshMs: 10_000,
        random: random.next,
      })
    })
    await clock.runUntil(() => runs.every((run) => run.sink.all().length === 1), { maxMs: minutes })
    await clock.advance(20_000)
    assert.ok(engine.calls.count('DescribeStreamSummary') >= 80, 'each was described again by later listings')
    assert.equal(engine.calls.refused(), 0)
    for (const run of runs) await run.stop()
    assert.deepEqual(
      runs.flatMap((run) => run.logger.told('warn', 'error')),
      [],
    )
  })
})

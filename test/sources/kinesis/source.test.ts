import assert from 'node:assert/strict'
import { errorCode } from '../../../src/core/errors.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { ReaderRun, type ReaderRunOptions } from '../../support/reader-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const latest = { initialPosition: { kind: 'latest' } } as const

/** A stream `logs` of two shards with records `0a` to `0e` and `1a` to `1e`, and readers which remember in the same place. */
function filled(): {
  readonly clock: VirtualClock
  readonly engine: KinesisEngine
  readonly remembered: Map<string, string>
  readonly shards: readonly [string, string]
  /** The sequence number of each record. */
  readonly sequence: ReadonlyMap<string, string>
  readonly run: (options?: Partial<ReaderRunOptions>) => ReaderRun
} {
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock })
  engine.createStream('logs', { shards: 2 })
  const [one = '', two = ''] = engine.openShards('logs')
  const sequence = new Map<string, string>()
  for (const [n, shardId] of [one, two].entries()) {
    for (const letter of 'abcde') {
      const data = `${n}${letter}`
      sequence.set(data, engine.put('logs', { data, shardId }).sequenceNumber)
    }
  }
  const remembered = new Map<string, string>()
  const run = (options: Partial<ReaderRunOptions> = {}): ReaderRun =>
    new ReaderRun({ clock, engine, remembered, ...options })
  return { clock, engine, remembered, shards: [one, two], sequence, run }
}

/** Another program's checkpoints, and how often they were asked for. */
function importing(checkpoints: Readonly<Record<string, string | undefined>>): {
  asked: number
  readonly importCheckpoints: () => Promise<ReadonlyMap<string, string>>
} {
  const found = {
    asked: 0,
    importCheckpoints: () => {
      found.asked += 1
      return Promise.resolve(new Map(Object.entries(checkpoints).map(([key, value]) => [key, value ?? ''])))
    },
  }
  return found
}

describe('KinesisSource', () => {
  it('reads a shard from the horizon, and goes on after a restart', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 1 })
    for (let i = 0; i < 10; i += 1) engine.put('logs', { data: `${i}` })
    const remembered = new Map<string, string>()
    const first = new ReaderRun({ clock, engine, remembered })
    await first.until(10)
    await clock.advance(10_000)
    await first.stop()
    assert.deepEqual(first.texts(), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    engine.put('logs', { data: 'after' })
    const second = new ReaderRun({ clock, engine, remembered })
    await second.until(1)
    await clock.advance(10_000)
    await second.stop()
    assert.deepEqual(second.texts(), ['after'])
  })

  it('reads children after their parent', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 1 })
    for (let i = 0; i < 10; i += 1) engine.put('logs', { data: `${i}` })
    const [left, right] = engine.split('logs', engine.openShards('logs')[0] ?? '')
    engine.put('logs', { data: 'left', shardId: left })
    engine.put('logs', { data: 'right', shardId: right })
    const run = new ReaderRun({ clock, engine, remembered: new Map() })
    await run.until(12)
    await run.stop()
    assert.deepEqual(run.texts().slice(0, 10), ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    assert.deepEqual(run.texts().slice(10).sort(), ['left', 'right'])
    assert.deepEqual(run.logger.told('warn', 'error'), [])
  })

  it('refuses the checkpoints of a stream of the same name in another account, and leaves them alone', async () => {
    const clock = new VirtualClock()
    const theirs = new KinesisEngine({ clock, accountId: '210987654321' })
    theirs.createStream('logs', { shards: 1 })
    theirs.put('logs', { data: 'theirs' })
    const remembered = new Map<string, string>()
    const first = new ReaderRun({ clock, engine: theirs, remembered })
    await first.until(1)
    await clock.advance(10_000)
    await first.stop()
    const before = new Map(remembered)
    const ours = new KinesisEngine({ clock })
    ours.createStream('logs', { shards: 1 })
    const second = new ReaderRun({ clock, engine: ours, remembered })
    await clock.advance(10_000)
    assert.equal(errorCode(second.failure), 'FOREIGN_CHECKPOINTS')
    assert.deepEqual(remembered, before)
  })
})

describe('KinesisSource, where another program stopped', () => {
  it('goes on after the imported sequence numbers, and reads a shard without one from the horizon', async () => {
    const { clock, shards, sequence, run } = filled()
    const { importCheckpoints } = importing({ [shards[0]]: sequence.get('0c') })
    const reader = run({ ...latest, importCheckpoints })
    await reader.until(7)
    await clock.advance(10_000)
    await reader.stop()
    assert.deepEqual(reader.texts().sort(), ['0d', '0e', '1a', '1b', '1c', '1d', '1e'])
    assert.deepEqual(
      reader.logger.find('import').map((line) => line.fields['checkpoints']),
      [1],
    )
  })

  it('is asked once, and never again after a restart, even one before anything was read', async () => {
    const { clock, engine, remembered, shards, sequence, run } = filled()
    const other = importing({ [shards[0]]: sequence.get('0c'), [shards[1]]: sequence.get('1e') })
    engine.faults.inject({ operation: 'GetRecords', times: Infinity, fault: { kind: 'throttle' } })
    const first = run({ importCheckpoints: other.importCheckpoints })
    await clock.runUntil(() => remembered.size === 3)
    first.crash()
    engine.faults.clear()
    const second = run({ importCheckpoints: other.importCheckpoints })
    await second.until(2)
    await clock.advance(10_000)
    await second.stop()
    assert.deepEqual(second.texts(), ['0d', '0e'])
    const third = run({ importCheckpoints: other.importCheckpoints })
    await clock.advance(10_000)
    await third.stop()
    assert.deepEqual(third.texts(), [])
    assert.equal(other.asked, 1)
  })

  it('is not asked where the store remembers a position, even one of no known stream: that is adopted', async () => {
    const { clock, remembered, shards, sequence, run } = filled()
    remembered.set(shards[0], sequence.get('0b') ?? '')
    const other = importing({ [shards[0]]: sequence.get('0e'), [shards[1]]: sequence.get('1e') })
    const reader = run({ ...latest, importCheckpoints: other.importCheckpoints })
    await reader.until(8)
    await clock.advance(10_000)
    await reader.stop()
    assert.deepEqual(reader.texts().sort(), ['0c', '0d', '0e', '1a', '1b', '1c', '1d', '1e'])
    assert.equal(other.asked, 0)
    assert.match(remembered.get('@stream') ?? '', /stream\/logs/)
  })

  it('left nothing: the initial position counts', async () => {
    const { clock, engine, run } = filled()
    await clock.advance(10_000)
    const other = importing({})
    const reader = run({ ...latest, importCheckpoints: other.importCheckpoints })
    await clock.advance(5000)
    engine.put('logs', { data: 'tip' })
    await reader.until(1)
    await clock.advance(10_000)
    await reader.stop()
    assert.deepEqual(reader.texts(), ['tip'])
    assert.equal(other.asked, 1)
    assert.deepEqual(reader.logger.find('import'), [])
  })

  it('says in the log that stored checkpoints override the initial position', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 1 })
    const remembered = new Map<string, string>()
    const first = new ReaderRun({ clock, engine, remembered })
    await clock.advance(5000)
    await first.stop()
    assert.doesNotMatch(String(first.logger.find('start')[0]?.fields['state']), /initial_position/)
    const second = new ReaderRun({ clock, engine, remembered })
    await clock.advance(5000)
    await second.stop()
    assert.match(String(second.logger.find('start')[0]?.fields['state']), /initial_position has no effect/)
  })

  it('tells of a checkpoint which is none, and reads that shard from where the reader once began', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 2 })
    const [one = '', two = ''] = engine.openShards('logs')
    engine.put('logs', { data: 'before', shardId: one })
    await clock.advance(10_000)
    const remembered = new Map<string, string>()
    const first = new ReaderRun({ clock, engine, remembered, initialPosition: { kind: 'latest' } })
    await clock.advance(5000)
    engine.put('logs', { data: 'one', shardId: one })
    engine.put('logs', { data: 'two', shardId: two })
    await first.until(2)
    await clock.advance(10_000)
    await first.stop()
    remembered.set(one, 'garbage')
    const second = new ReaderRun({ clock, engine, remembered })
    await second.until(1)
    await clock.advance(10_000)
    await second.stop()
    assert.deepEqual(second.texts(), ['one'], 'not what was there before, and the other shard not again')
    assert.equal(second.logger.find('start').find(({ level }) => level === 'error')?.fields['shard'], one)
  })
})

import assert from 'node:assert/strict'
import { errorCode, KinloaderError } from '../../../src/core/errors.ts'
import { type EngineOptions, KinesisEngine } from '../../fakes/kinesis/engine.ts'
import type { Fault } from '../../fakes/kinesis/faults.ts'
import { ReaderRun, type ReaderRunOptions } from '../../support/reader-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const minutes = 60_000
const hours = 60 * minutes

interface World {
  readonly clock: VirtualClock
  readonly engine: KinesisEngine
  readonly remembered: Map<string, string>
  readonly run: (options?: Partial<ReaderRunOptions>) => ReaderRun
}

function world(shards = 1, options: Partial<EngineOptions> = {}): World {
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock, ...options })
  engine.createStream('logs', { shards })
  const remembered = new Map<string, string>()
  return { clock, engine, remembered, run: (more = {}) => new ReaderRun({ clock, engine, remembered, ...more }) }
}

describe('what goes wrong while reading', () => {
  const passing: readonly (readonly [string, Fault])[] = [
    ['a broken connection', { kind: 'reset' }],
    ['a lost answer', { kind: 'lost-answer' }],
    ['half an answer', { kind: 'malformed' }],
    ['a bare 500', { kind: 'http', status: 500, body: '<html>' }],
    ['a bare 503 without a body', { kind: 'http', status: 503, body: '' }],
    ['an internal failure', { kind: 'error', name: 'InternalFailure', status: 500 }],
    ['a throttle', { kind: 'throttle' }],
    ['a throttled key', { kind: 'error', name: 'KMSThrottlingException' }],
    ['an expired iterator', { kind: 'error', name: 'ExpiredIteratorException' }],
    [
      'an iterator which is refused',
      { kind: 'error', name: 'InvalidArgumentException', message: 'Invalid ShardIterator.' },
    ],
  ]
  for (const [name, fault] of passing) {
    it(`${name} is waited out: nothing lost, nothing twice, nothing said`, async () => {
      const { clock, engine, run } = world()
      engine.put('logs', { data: 'a' })
      const reader = run()
      await reader.until(1)
      engine.faults.inject({ operation: 'GetRecords', fault })
      engine.faults.inject({ operation: 'GetShardIterator', fault: { kind: 'throttle' } })
      engine.put('logs', { data: 'b' })
      await reader.until(2, minutes)
      await clock.advance(5000)
      await reader.stop()
      assert.deepEqual(reader.texts(), ['a', 'b'])
      assert.deepEqual(reader.logger.told('warn', 'error'), [])
    })
  }

  const lasting: readonly (readonly [string, Fault, RegExp])[] = [
    ['denied access', { kind: 'error', name: 'AccessDeniedException' }, /allow kinesis:.*kinesis:GetRecords/],
    ['a disabled key', { kind: 'error', name: 'KMSDisabledException' }, /enable it and allow kms:Decrypt/],
    ['a denied key', { kind: 'error', name: 'KMSAccessDeniedException' }, /enable it and allow kms:Decrypt/],
    ['expired credentials', { kind: 'error', name: 'ExpiredTokenException' }, /check the key, its expiry/],
  ]
  for (const [name, fault, advice] of lasting) {
    it(`${name}: one line which says what to do, slow retries, position kept, and on with it once it is mended`, async () => {
      const { clock, engine, run } = world(2)
      const [one, two] = engine.openShards('logs')
      engine.put('logs', { data: 'a', shardId: one ?? '' })
      const reader = run()
      await reader.until(1)
      engine.faults.inject({ operation: 'GetRecords', shardId: one ?? '', times: Infinity, fault })
      engine.put('logs', { data: 'b', shardId: one ?? '' })
      const before = engine.calls.count('GetRecords', one)
      await clock.advance(4 * minutes)
      assert.ok(engine.calls.count('GetRecords', one) - before < 30, 'it does not hammer')
      const lines = reader.logger.find('kinesis').filter(({ level }) => level === 'error')
      assert.equal(lines.length, 1)
      assert.match(String(lines[0]?.fields['error']), advice)
      assert.equal(reader.source.status().find(({ lane }) => lane === one)?.state, 'failing')
      engine.put('logs', { data: 'other', shardId: two ?? '' })
      await reader.until(2)
      assert.equal(reader.texts().at(-1), 'other', 'one failing shard does not stop the others')
      engine.faults.clear()
      await reader.until(3)
      await reader.stop()
      assert.equal(reader.texts().at(-1), 'b')
    })
  }

  it('a stream deleted under way is no shard’s end: checkpoints stay, an error line, slow retries', async () => {
    const { clock, engine, remembered, run } = world()
    engine.put('logs', { data: 'a' })
    const reader = run()
    await reader.until(1)
    await clock.advance(10_000)
    const before = remembered.get('shardId-000000000000')
    engine.deleteStream('logs')
    await clock.advance(4 * minutes)
    await reader.stop()
    assert.equal(remembered.get('shardId-000000000000'), before)
    assert.match(
      String(reader.logger.find('kinesis').find(({ level }) => level === 'error')?.fields['error']),
      /does not exist/,
    )
  })

  it('a stream which does not exist yet is waited for', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    const reader = new ReaderRun({ clock, engine, remembered: new Map() })
    await clock.advance(3 * minutes)
    assert.deepEqual(reader.logger.told('error'), ['error kinesis'])
    engine.createStream('logs', { shards: 1 })
    engine.put('logs', { data: 'late' })
    await reader.until(1)
    await reader.stop()
    assert.deepEqual(reader.texts(), ['late'])
  })

  for (const expiredPosition of ['trim', 'refuse'] as const) {
    it(`a checkpoint older than the retention is reported as a gap (${expiredPosition})`, async () => {
      const { clock, engine, run } = world(1, { expiredPosition })
      engine.put('logs', { data: 'a' })
      const first = run()
      await first.until(1)
      await clock.advance(10_000)
      await first.stop()
      engine.put('logs', { data: 'expires unread' })
      await clock.advance(30 * hours)
      engine.put('logs', { data: 'b' })
      const second = run()
      await second.until(1)
      await second.stop()
      assert.deepEqual(second.texts(), ['b'])
      const gaps = second.logger.find('gap')
      assert.equal(gaps.length, 1)
      assert.match(String(gaps[0]?.fields['from']), /2026-01-01T00:00:0/)
      assert.match(String(gaps[0]?.fields['to']), /2026-01-01T06:00:1/)
    })
  }

  it('lag beyond 80 % of the retention is warned of once', async () => {
    const { clock, engine, run } = world(1, { retentionMs: 20 * minutes })
    const reader = run({ maxBytes: 1000 })
    await clock.advance(2000)
    reader.sink.block()
    for (let i = 0; i < 19; i += 1) {
      engine.put('logs', { data: 'x'.repeat(600) })
      await clock.advance(minutes)
    }
    assert.deepEqual(reader.logger.told('warn'), ['warn lag'])
    await reader.stop()
  })

  it('throttling by other consumers slows the shard down instead of hammering it', async () => {
    const { clock, engine, run } = world()
    const reader = run()
    await clock.advance(2000)
    engine.faults.inject({ operation: 'GetRecords', times: 20, fault: { kind: 'throttle' } })
    const before = engine.calls.count('GetRecords')
    await clock.advance(30_000)
    assert.ok(engine.calls.count('GetRecords') - before < 25)
    assert.equal(reader.source.status()[0]?.state, 'throttled')
    engine.faults.clear()
    engine.put('logs', { data: 'a' })
    await reader.until(1)
    assert.equal(reader.source.status()[0]?.state, 'reading')
    await reader.stop()
  })

  it('a second reader of the same checkpoints is found and told of, once', async () => {
    const { clock, engine, run } = world()
    const one = run({ readerId: 'one' })
    const two = run({ readerId: 'two' })
    await clock.advance(5 * minutes)
    assert.equal(one.logger.find('second_reader').length + two.logger.find('second_reader').length, 2)
    assert.equal(one.logger.find('second_reader')[0]?.fields['other'], 'two')
    await one.stop()
    await two.stop()
    const next = new ReaderRun({ clock, engine, remembered: new Map(), readerId: 'three' })
    await clock.advance(5 * minutes)
    assert.equal(next.logger.find('second_reader').length, 0)
    await next.stop()
  })

  it('a predecessor’s name which ours does not replace for long is no second reader', async () => {
    const { clock, engine, run } = world()
    const first = run({ readerId: 'first', checkpointIntervalMs: 120_000 })
    await clock.advance(7 * minutes)
    await first.stop()
    const second = run({ readerId: 'second', checkpointIntervalMs: 120_000 })
    for (let i = 0; i < 60; i += 1) {
      await clock.advance(5000)
      engine.put('logs', { data: `${i}` })
    }
    await second.stop()
    assert.deepEqual(second.logger.find('second_reader'), [])
  })

  it('a store which will never take checkpoints again ends the reader, however much is queued', async () => {
    const { clock, engine, run } = world(4)
    for (const shardId of engine.openShards('logs')) {
      for (let i = 0; i < 2000; i += 1) engine.put('logs', { data: 'x'.repeat(10_000), shardId })
    }
    let saves = 0
    const reader = run({
      wrapStore: (store) => ({
        load: (signal) => store.load(signal),
        save: (changes, signal) => {
          saves += 1
          if (saves > 2) return Promise.reject(new KinloaderError('SPLUNKD_UNAUTHORIZED', 'the session is over'))
          return store.save(changes, signal)
        },
        close: () => store.close(),
      }),
      accepts: () => clock.sleep(700),
    })
    await clock.runUntil(() => saves > 2)
    await clock.advance(5000)
    assert.equal(errorCode(reader.failure), 'SPLUNKD_UNAUTHORIZED')
  })

  it('a restarted reader does not take its former self for a second one', async () => {
    const { clock, run } = world()
    const first = run({ readerId: 'first' })
    await clock.advance(2 * minutes)
    first.crash()
    const second = run({ readerId: 'second' })
    await clock.advance(5 * minutes)
    assert.deepEqual(second.logger.find('second_reader'), [])
    await second.stop()
  })

  it('a store which is away holds checkpoints back, not the reading', async () => {
    const { clock, engine, run, remembered } = world()
    let away = false
    const reader = run({
      wrapStore: (store) => ({
        load: (signal) => store.load(signal),
        save: (changes, signal) => (away ? Promise.reject(new Error('away')) : store.save(changes, signal)),
        close: () => store.close(),
      }),
    })
    await clock.advance(2000)
    away = true
    engine.put('logs', { data: 'a' })
    await reader.until(1)
    await clock.advance(2 * minutes)
    assert.equal(remembered.get('shardId-000000000000'), 'TRIM_HORIZON')
    assert.deepEqual(reader.logger.told('warn'), ['warn checkpoint'])
    away = false
    await clock.advance(minutes)
    assert.match(remembered.get('shardId-000000000000') ?? '', /^\d{56} 2026/)
    await reader.stop()
  })

  it('polls every 200 to 400 ms while data trickles, and once a second after a minute of silence', async () => {
    const { clock, engine, run } = world()
    const reader = run({ latencyMs: 0 })
    await clock.advance(2000)
    const trickling = engine.calls.count('GetRecords')
    await clock.advance(30_000)
    const perSecond = (engine.calls.count('GetRecords') - trickling) / 30
    assert.ok(perSecond >= 2.5 && perSecond <= 5, `${perSecond}`)
    await clock.advance(60_000)
    const silent = engine.calls.count('GetRecords')
    await clock.advance(30_000)
    const polls = engine.calls.count('GetRecords') - silent
    assert.ok(polls >= 25 && polls <= 30, `${polls}`)
    await reader.stop()
  })
})

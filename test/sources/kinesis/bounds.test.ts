import assert from 'node:assert/strict'
import { errorCode, errorText } from '../../../src/core/errors.ts'
import { KinesisEngine } from '../../fakes/kinesis/engine.ts'
import type { Fault } from '../../fakes/kinesis/faults.ts'
import { ReaderRun, type ReaderRunOptions } from '../../support/reader-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const minutes = 60_000

interface World {
  readonly clock: VirtualClock
  readonly engine: KinesisEngine
  readonly run: (options: Partial<ReaderRunOptions>) => ReaderRun
}

function world(shards: number): World {
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock })
  engine.createStream('logs', { shards })
  const remembered = new Map<string, string>()
  return { clock, engine, run: (options) => new ReaderRun({ clock, engine, remembered, ...options }) }
}

/** Code and message; empty while there is none. */
function failureOf(reader: ReaderRun): [string, string] {
  return [errorCode(reader.failure), reader.failure === undefined ? '' : errorText(reader.failure)]
}

describe('reading with a bound on calls', () => {
  it('keeps to it with many shards, evenly and with each in its turn', async () => {
    const { clock, engine, run } = world(20)
    for (const shardId of engine.openShards('logs')) engine.put('logs', { data: shardId, shardId })
    const reader = run({ maxCallsPerSecond: 2 })
    await reader.until(20, minutes)
    await clock.advance(10 * minutes)
    await reader.stop()
    const atMs = engine.calls.entries.filter(({ operation }) => operation === 'GetRecords').map((call) => call.atMs)
    assert.ok(atMs.length >= 1190, `${atMs.length} calls in ten minutes`)
    assert.ok(engine.calls.peakPerSecond('GetRecords') <= 2)
    for (const [index, before] of atMs.entries()) assert.ok((atMs[index + 1] ?? Infinity) - before >= 499)
    const perShard = engine.openShards('logs').map((shardId) => engine.calls.count('GetRecords', shardId))
    assert.ok(Math.max(...perShard) - Math.min(...perShard) <= 2, perShard.join(' '))
  })

  it('neither takes the wait for a stall nor lets an iterator grow too old for ever', async () => {
    const { clock, engine, run } = world(4)
    const reader = run({ maxCallsPerSecond: 1 / 100 })
    await clock.advance(40 * minutes)
    for (const shardId of engine.openShards('logs')) engine.put('logs', { data: shardId, shardId })
    await reader.until(4, 40 * minutes)
    await reader.stop()
    assert.deepEqual(reader.logger.told('warn', 'error'), [])
  })
})

describe('reading until now', () => {
  it('ends by itself with everything which was there, and nothing which came later', async () => {
    const { clock, engine, run } = world(2)
    const [first = '', second = ''] = engine.openShards('logs')
    for (let i = 0; i < 3000; i += 1) engine.put('logs', { data: `${i}`, shardId: i % 2 === 0 ? first : second })
    const [left] = engine.split('logs', first)
    engine.put('logs', { data: 'child', shardId: left })
    const reader = run({ untilNow: true })
    await clock.runUntil(reader.done)
    assert.deepEqual(reader.logger.told('warn', 'error'), [])
    const texts = reader.texts()
    assert.equal(new Set(texts).size, 3001)
    assert.equal(texts.length, 3001)
    assert.ok(texts.indexOf('child') > texts.indexOf('2998'))
  })

  it('ends on a stream which is never quiet', async () => {
    const { clock, engine, run } = world(1)
    const [shardId = ''] = engine.openShards('logs')
    for (let i = 0; i < 50; i += 1) engine.put('logs', { data: `old ${i}`, shardId })
    const over = new AbortController()
    void putUntil(over.signal)
    async function putUntil(signal: AbortSignal): Promise<void> {
      while (!signal.aborted) {
        engine.put('logs', { data: 'new', shardId })
        await clock.sleep(20)
      }
    }
    const reader = run({ untilNow: true })
    await clock.runUntil(reader.done, { maxMs: 5 * minutes })
    over.abort()
    assert.equal(reader.texts().filter((text) => text.startsWith('old')).length, 50)
  })

  it('does not end while a shard cannot be read', async () => {
    const { clock, engine, run } = world(2)
    for (const shardId of engine.openShards('logs')) engine.put('logs', { data: shardId, shardId })
    const [shardId = ''] = engine.openShards('logs')
    engine.faults.inject({ operation: 'GetRecords', shardId, fault: { kind: 'http' }, times: Infinity })
    const reader = run({ untilNow: true })
    await clock.advance(5 * minutes)
    assert.equal(reader.texts().length, 1)
    engine.faults.clear()
    await clock.runUntil(reader.done)
    assert.equal(reader.texts().length, 2)
  })

  it('begins nothing and ends at the tip of a stream', async () => {
    const { clock, engine, run } = world(3)
    engine.put('logs', { data: 'before' })
    await clock.advance(2000)
    const reader = run({ untilNow: true, initialPosition: { kind: 'latest' } })
    await clock.runUntil(reader.done, { maxMs: minutes })
    assert.deepEqual(reader.texts(), [])
  })
})

describe('reading with an end to patience', () => {
  const refusals: readonly (readonly [string, Fault, RegExp])[] = [
    ['a denied access', { kind: 'error', name: 'AccessDeniedException' }, /^Access to stream logs is denied; .*\.$/],
    ['expired credentials', { kind: 'error', name: 'ExpiredTokenException' }, /^AWS refuses the credentials; .*\.$/],
    ['a disabled key', { kind: 'error', name: 'KMSDisabledException' }, /^The KMS key of stream logs cannot be used; /],
  ]
  for (const [name, fault, sentence] of refusals) {
    for (const operation of ['GetRecords', 'ListShards', '*']) {
      it(`ends after ${name} of ${operation} for so long, and not before`, async () => {
        const { clock, engine, run } = world(2)
        engine.put('logs', { data: 'a' })
        const reader = run({ giveUpMs: minutes, refreshMs: 5000 })
        await reader.until(1)
        engine.faults.inject({ operation, fault, times: Infinity })
        await clock.advance(50_000)
        assert.deepEqual(failureOf(reader), ['', ''])
        await clock.runUntil(reader.done, { maxMs: minutes })
        const [code, message] = failureOf(reader)
        assert.equal(code, 'STREAM_REFUSED')
        assert.match(message, sentence)
      })
    }
  }

  it('ends when the stream is gone, and waits for one which comes back', async () => {
    const { clock, engine, run } = world(2)
    engine.put('logs', { data: 'a' })
    const reader = run({ giveUpMs: minutes })
    await reader.until(1)
    engine.deleteStream('logs')
    await clock.advance(50_000)
    engine.createStream('logs', { shards: 1 })
    engine.put('logs', { data: 'b' })
    await reader.until(2)
    engine.deleteStream('logs')
    await clock.runUntil(reader.done, { maxMs: 3 * minutes })
    assert.match(failureOf(reader)[1], /^Stream logs does not exist /)
  })

  it('forgets a refusal after a success, and never ends for what passes by itself', async () => {
    const { clock, engine, run } = world(1)
    engine.put('logs', { data: 'a' })
    const reader = run({ giveUpMs: minutes })
    await reader.until(1)
    for (const fault of [{ kind: 'reset' }, { kind: 'throttle' }, { kind: 'http' }] as const) {
      engine.faults.inject({ operation: 'GetRecords', fault: { kind: 'error', name: 'AccessDeniedException' } })
      await clock.advance(5 * minutes)
      engine.faults.inject({ operation: '*', fault, times: Infinity })
      await clock.advance(5 * minutes)
      engine.faults.clear()
    }
    engine.put('logs', { data: 'b' })
    await reader.until(2)
    await reader.stop()
    assert.deepEqual(failureOf(reader), ['', ''])
  })

  it('does not wait where a position belongs to another shard', async () => {
    const { clock, engine, run } = world(2)
    const [first = '', second = ''] = engine.openShards('logs')
    const { sequenceNumber } = engine.put('logs', { data: 'a', shardId: first })
    const importCheckpoints = async (): Promise<ReadonlyMap<string, string>> => new Map([[second, sequenceNumber]])
    const reader = run({ giveUpMs: minutes, importCheckpoints })
    await clock.runUntil(reader.done, { maxMs: 10_000 })
    assert.match(failureOf(reader)[1], /^The checkpoint belongs to another shard; /)
  })
})

import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import type { Clock } from '../../../src/core/clock.ts'
import { errorCode } from '../../../src/core/errors.ts'
import type { LogEvent } from '../../../src/core/event.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { hasSettled, sinkContract } from '../../contracts/sink.ts'
import { type EngineOptions, KinesisEngine } from '../../fakes/kinesis/engine.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import {
  noise,
  sentMessages,
  sentRecords,
  SenderRun,
  type SenderRunOptions,
  storing,
} from '../../support/sender-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const live = new AbortController().signal
const minutes = 60_000

interface World {
  readonly clock: VirtualClock
  readonly engine: KinesisEngine
  readonly run: (options?: Partial<SenderRunOptions>) => SenderRun
}

function world(shards = 1, options: Partial<EngineOptions> = {}): World {
  const clock = new VirtualClock()
  const engine = new KinesisEngine({ clock, ...options })
  engine.createStream('logs', { shards })
  return { clock, engine, run: (more = {}) => new SenderRun({ clock, engine, ...more }) }
}

function numbered(count: number, prefix = 'event'): LogEvent[] {
  return Array.from({ length: count }, (_, i) => ({ message: `${prefix} ${i}`, source: 'test' }))
}

async function isRejectedWith(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(promise, (error) => errorCode(error) === code)
}

sinkContract('kinesis', async () => {
  // A shard which refuses some entries of a request for a moment would change their order, as it may.
  const engine = new KinesisEngine({ clock: systemClock, limits: { writeBytesPerSecond: Infinity } })
  engine.createStream('logs')
  // One request at a time: several could overtake each other, as Kinesis orders nothing between them.
  const { sender } = new SenderRun({
    clock: systemClock,
    engine,
    latencyMs: 0,
    flushIntervalMs: 2,
    maxParallelFlushes: 1,
    maxPendingBytes: 1024 * 1024,
    random: () => 0,
    compress: storing,
  })
  return {
    sink: sender,
    arrived: async () => sentMessages(engine),
    block: () => {
      engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
    },
    unblock: () => {
      engine.faults.clear()
    },
    settle: () => sender.flush(live),
    end: async () => {},
  }
})

describe('a sender to Kinesis', () => {
  describe('packs', () => {
    it('events into one record a metadata, in their order, after the flush interval', async () => {
      const { clock, engine, run } = world()
      const { sender } = run()
      const time = { seconds: 1_793_000_000, nanos: 123_456_789 }
      await sender.send({ message: 'a 1', source: 's', sourcetype: 't', host: 'h', index: 'i', time })
      await sender.send({ message: 'b 1', source: 'other' })
      await sender.send({ message: 'a 2', source: 's', sourcetype: 't', host: 'h', index: 'i' })
      await clock.advance(900)
      assert.deepEqual(sentRecords(engine), [])
      await clock.advance(200)
      const records = sentRecords(engine)
      assert.deepEqual(
        records.map(({ items }) => items),
        [
          [
            { message: 'a 1', source: 's', sourcetype: 't', host: 'h', index: 'i', time },
            { message: 'a 2', source: 's', sourcetype: 't', host: 'h', index: 'i' },
          ],
          [{ message: 'b 1', source: 'other' }],
        ],
      )
      const ids = records.map(({ metadata }) => metadata?.encId)
      assert.equal(ids[0], ids[1])
      assert.deepEqual(
        records.map(({ metadata }) => metadata?.blockId),
        [0n, 0n],
      )
    })

    it('records of about one payload unit at low rate', async () => {
      const { clock, engine, run } = world(4)
      const random = new SeededRandom(1)
      const { sender } = run()
      for (let i = 0; i < 400; i++) await sender.send({ message: noise(1000, random) })
      await clock.runUntil(sender.flush(live))
      const sizes = sentRecords(engine).map(({ stored }) => stored.bytes)
      assert.ok(sizes.length >= 16, `${sizes.length} records`)
      // The first one showed how well this compresses: not at all.
      for (const size of sizes.slice(1, -1)) assert.ok(size > 10_000 && size <= 25 * 1024 * 1.5, `${size} bytes`)
    })

    it('larger records when a shard is near its 1,000 records a second', async () => {
      const { clock, engine, run } = world()
      const { sender } = run({ flushIntervalMs: 200 })
      const send = async (round: number): Promise<void> => {
        for (let i = 0; i < 180; i++) await sender.send({ message: `${round}`, source: `source ${i}` })
        await clock.advance(200)
      }
      for (let round = 0; round < 50; round++) await send(round)
      await clock.runUntil(sender.flush(live))
      const events = sentRecords(engine).map(({ items }) => items.length)
      assert.equal(
        events.reduce((sum, count) => sum + count),
        50 * 180,
      )
      assert.ok(Math.max(...events) >= 2, 'events were collected for longer')
      assert.ok(events.length < 50 * 180 * 0.75, `${events.length} records`)
    })

    it('never a record over the limit, with its key, of bytes which do not compress', async () => {
      const { clock, engine, run } = world(2, { limits: { writeBytesPerSecond: Infinity } })
      const random = new SeededRandom(2)
      const limits = {
        maxRecordBytes: 100_000,
        maxRequestRecords: 500,
        maxRequestBytes: 1e7,
        shardBytesPerSecond: 1e6,
        shardRecordsPerSecond: 1000,
      }
      const { sender } = run({ limits })
      const messages = Array.from({ length: 60 }, () => noise(random.between(1, 90_000), random))
      for (const message of messages) await sender.send({ message })
      await clock.runUntil(sender.flush(live))
      const records = sentRecords(engine)
      for (const { stored } of records) assert.ok(stored.bytes <= 100_000, `${stored.bytes} bytes`)
      const sent = records.flatMap(({ items }) =>
        items.map(({ message }) => Buffer.from(message as Uint8Array).toString('hex')),
      )
      assert.deepEqual(sent.sort(), messages.map((message) => Buffer.from(message).toString('hex')).sort())
    })

    it('refuses an event which cannot fit, and takes the next; a large one which compresses fits', async () => {
      const { clock, engine, run } = world()
      const { sender } = run()
      await isRejectedWith(sender.send({ message: noise(1_048_000, new SeededRandom(3)) }), 'EVENT_TOO_LARGE')
      await sender.send({ message: noise(1_030_000, new SeededRandom(4)) })
      await sender.send({ message: 'x'.repeat(3_000_000) })
      await sender.send({ message: 'small' })
      await isRejectedWith(sender.send({ message: 'y'.repeat(20_000_000) }), 'EVENT_TOO_LARGE')
      await clock.runUntil(sender.flush(live))
      assert.deepEqual(
        sentRecords(engine)
          .flatMap(({ items }) => items.map(({ message }) => message.length))
          .sort((a, b) => a - b),
        [5, 1_030_000, 3_000_000],
      )
      assert.equal(sender.statistics().droppedWrites, 2)
    })

    it('an empty event too, and never loses it silently', async () => {
      const { clock, engine, run } = world()
      const { sender } = run()
      await sender.send({ message: '' })
      await clock.runUntil(sender.flush(live))
      assert.deepEqual(sentMessages(engine), [''])
    })

    it('the chunks of an unbroken stream in order, under one key, numbered from 1', async () => {
      const { clock, engine, run } = world(3)
      const { sender } = run({ flushIntervalMs: 100 })
      engine.faults.inject({ operation: 'PutRecords', times: 2, fault: { kind: 'fail-entries', indexes: [0, 1] } })
      for (let i = 0; i < 30; i++) {
        await sender.send({ message: `${i};`, source: 's', unbroken: true, ...(i === 29 && { done: true }) })
        if (i % 3 === 0) await clock.advance(150)
      }
      await clock.runUntil(sender.flush(live))
      const records = sentRecords(engine)
      assert.equal(new Set(records.map(({ shardId }) => shardId)).size, 1)
      assert.deepEqual(sentMessages(engine).join(''), Array.from({ length: 30 }, (_, i) => `${i};`).join(''))
      assert.deepEqual(
        records.map(({ metadata }) => metadata?.blockId),
        records.map((_, i) => BigInt(i + 1)),
      )
      assert.equal(records.at(-1)?.items.at(-1)?.done, true)
      assert.equal(records.at(0)?.items.at(0)?.done, undefined)
    })
  })

  describe('puts', () => {
    it('trap 21: again only what failed, and nothing twice', async () => {
      const { clock, engine, run } = world(2)
      const { sender } = run()
      engine.faults.inject({ operation: 'PutRecords', fault: { kind: 'fail-entries', indexes: [1, 3] } })
      engine.faults.inject({
        operation: 'PutRecords',
        fault: { kind: 'fail-entries', indexes: [0], code: 'InternalFailure' },
      })
      for (let i = 0; i < 6; i++) await sender.send({ message: `${i}`, source: `${i}` })
      await clock.runUntil(sender.flush(live))
      assert.deepEqual([...sentMessages(engine)].sort(), ['0', '1', '2', '3', '4', '5'])
      const { throughputExceeded, otherPutErrors, recordsDelivered } = sender.statistics()
      assert.deepEqual(
        { throughputExceeded, otherPutErrors, recordsDelivered },
        { throughputExceeded: 2, otherPutErrors: 1, recordsDelivered: 6 },
      )
    })

    it('trap 21: after a lost answer the same bytes again, so that the batch id tells the copy', async () => {
      const { clock, engine, run } = world()
      const { sender } = run()
      engine.faults.inject({ operation: 'PutRecords', fault: { kind: 'lost-answer' } })
      for (const event of numbered(3)) await sender.send(event)
      await clock.runUntil(sender.flush(live))
      const records = sentRecords(engine)
      assert.equal(records.length, 2)
      const ids = records.map(({ metadata }) => metadata?.batchId)
      assert.match(ids[0] ?? '', /^[0-9a-f]{24}-00000001-0$/)
      assert.equal(ids[0], ids[1])
      assert.deepEqual(records[0]?.stored.data, records[1]?.stored.data)
    })

    it('every record of two senders under another batch id', async () => {
      const { clock, engine, run } = world(2)
      const senders = [run().sender, run().sender]
      for (let round = 0; round < 5; round++) {
        for (const sender of senders) for (let i = 0; i < 4; i++) await sender.send({ message: 'x', source: `${i}` })
        await clock.advance(1100)
      }
      const ids = sentRecords(engine).map(({ metadata }) => metadata?.batchId)
      assert.equal(ids.length, 40)
      assert.equal(new Set(ids).size, 40)
    })

    it('loses nothing while Kinesis throttles for an hour, and slows its writers', async function () {
      this.timeout(60_000) // an hour of requests takes the processor 5 s, and more when it has other work
      const { clock, engine, run } = world(2)
      const { sender } = run({ maxPendingBytes: 200_000, compress: storing })
      engine.faults.inject({
        operation: 'PutRecords',
        times: Infinity,
        fault: { kind: 'fail-entries', indexes: Array.from({ length: 500 }, (_, i) => i) },
      })
      const events = numbered(5000)
      let taken = 0
      const all = (async () => {
        for (const event of events) {
          await sender.send(event)
          taken += 1
        }
      })()
      await clock.advance(60 * minutes)
      assert.ok(taken > 1000 && taken < 5000, `${taken} taken`)
      assert.ok(sender.pending.bytes <= 200_000)
      const puts = engine.calls.count('PutRecords')
      assert.ok(puts > 500 && puts < 4000, `${puts} calls in an hour`)
      engine.faults.clear()
      await clock.runUntil(all)
      await clock.runUntil(sender.flush(live))
      assert.deepEqual([...sentMessages(engine)].sort(), events.map(({ message }) => message).sort())
    })

    it('spreads records over all open shards, evenly', async () => {
      const { clock, engine, run } = world(8)
      const { sender } = run()
      await clock.advance(100)
      const random = new SeededRandom(5)
      for (let i = 0; i < 400; i++) await sender.send({ message: noise(8000, random) })
      await clock.runUntil(sender.flush(live))
      const shards = engine
        .stream('logs')
        .shards.map(({ records }) => records.reduce((sum, { bytes }) => sum + bytes, 0))
      assert.ok(Math.max(...shards) < 1.3 * Math.min(...shards), shards.join(' '))
    })

    it('goes round a throttled shard', async () => {
      const { clock, engine, run } = world(2)
      const { sender } = run({ flushIntervalMs: 100 })
      await clock.advance(100)
      // Somebody else uses up the first shard.
      const [busy = ''] = engine.openShards('logs')
      const random = new SeededRandom(6)
      const hog = (async () => {
        const data = noise(20_000, random)
        for (let i = 0; i < 200; i++) {
          try {
            engine.execute('PutRecords', {
              StreamName: 'logs',
              Records: Array.from({ length: 60 }, () => ({
                Data: Buffer.from(data).toString('base64'),
                PartitionKey: 'k',
                ExplicitHashKey: '0',
              })),
            })
          } catch {
            // Refused as a whole never happens; entries are.
          }
          await clock.sleep(50)
        }
      })()
      for (let round = 0; round < 50; round++) {
        for (let i = 0; i < 10; i++) await sender.send({ message: noise(2000, random), source: 'ours' })
        await clock.advance(110)
      }
      await clock.runUntil(sender.flush(live), { maxMs: minutes })
      await clock.runUntil(hog)
      const ours = sentRecords(engine).filter(({ items }) => items[0]?.source === 'ours')
      const inBusy = ours.filter(({ shardId }) => shardId === busy).length
      assert.equal(
        ours.reduce((sum, { items }) => sum + items.length, 0),
        500,
      )
      assert.ok(inBusy < ours.length / 2, `${inBusy} of ${ours.length} in the busy shard`)
      assert.ok(sender.statistics().throughputExceeded > 0, 'the shard did refuse')
    })

    it('follows splits and merges: nothing lost, and the new shards are used', async () => {
      const { clock, engine, run } = world(2)
      const { sender } = run({ flushIntervalMs: 100 })
      const send = async (from: number, to: number): Promise<void> => {
        for (let i = from; i < to; i++) {
          await sender.send({ message: `${i}`, source: `${i % 7}` })
          if (i % 20 === 0) await clock.advance(200)
        }
      }
      await send(0, 200)
      const [first = '', second = ''] = engine.openShards('logs')
      const children = engine.split('logs', first)
      await send(200, 600)
      engine.merge('logs', children[1], second)
      await send(600, 1000)
      await clock.runUntil(sender.flush(live))
      assert.equal(new Set(sentMessages(engine)).size, 1000)
      assert.equal(sentMessages(engine).length, 1000)
      for (const shardId of engine.openShards('logs')) {
        assert.ok(
          sentRecords(engine).some((record) => record.shardId === shardId),
          `nothing in ${shardId}`,
        )
      }
    })

    it('spreads by random keys where the shards may not be listed, and says so once', async () => {
      const { clock, engine, run } = world(4)
      engine.faults.inject({
        operation: 'ListShards',
        times: Infinity,
        fault: { kind: 'error', name: 'AccessDeniedException' },
      })
      const { sender, logger } = run({ flushIntervalMs: 100 })
      for (let i = 0; i < 200; i++) await sender.send({ message: 'x', source: `${i}` })
      await clock.advance(10 * minutes)
      const used = new Set(sentRecords(engine).map(({ shardId }) => shardId))
      assert.equal(used.size, 4)
      assert.deepEqual(logger.told('warn', 'error'), ['warn list_shards'])
    })

    it('asks for no more than 500 records and the request limit at once', async () => {
      const { clock, engine, run } = world(40)
      const { sender } = run({ maxPendingBytes: 64 * 1024 * 1024 })
      const random = new SeededRandom(7)
      for (let i = 0; i < 1200; i++) await sender.send({ message: 'x', source: `${i}` })
      for (let i = 0; i < 24; i++) await sender.send({ message: noise(700_000, random) })
      await clock.runUntil(sender.flush(live))
      assert.equal(sentMessages(engine).length, 1224)
      assert.equal(sender.statistics().hardErrors, 0)
    })

    it('asks for half as much where an endpoint takes only 5 MiB', async () => {
      const { clock, engine, run } = world(40)
      const { sender } = run({ maxPendingBytes: 64 * 1024 * 1024 })
      const random = new SeededRandom(8)
      engine.faults.inject({
        operation: 'PutRecords',
        fault: { kind: 'error', name: 'InvalidArgumentException', message: 'Records size exceeds 5 MB limit' },
      })
      for (let i = 0; i < 24; i++) await sender.send({ message: noise(700_000, random) })
      await clock.runUntil(sender.flush(live), { maxMs: minutes })
      assert.equal(sentMessages(engine).length, 24)
    })

    it('asks for less at once where the way up is slow, until it gets through', async () => {
      const { clock, engine, run } = world(20)
      // A request of 10 MiB would take four minutes, and time out every time.
      const { sender } = run({ maxPendingBytes: 64 * 1024 * 1024, uploadBytesPerSecond: 60_000 })
      const random = new SeededRandom(9)
      for (let i = 0; i < 16; i++) await sender.send({ message: noise(700_000, random) })
      await clock.runUntil(sender.flush(live), { maxMs: 15 * minutes })
      assert.equal(new Set(sentMessages(engine)).size, 16)
    })

    it('grows its patience once when requests fail together', async () => {
      const { clock, engine, run } = world(4)
      const { sender } = run({ random: () => 1, maxParallelFlushes: 3, compress: storing })
      engine.faults.inject({ operation: 'PutRecords', times: 8, fault: { kind: 'reset' } })
      const random = new SeededRandom(10)
      for (let i = 0; i < 16; i++) await sender.send({ message: noise(900_000, random) })
      await clock.runUntil(() => engine.faults.used() === 3, { maxMs: minutes })
      await clock.advance(300)
      assert.ok(engine.faults.used() > 3, `${engine.faults.used()} requests`)
    })

    for (const [name, options, expected] of [
      ['three by default', {}, 3],
      ['as many as it is told', { maxParallelFlushes: 5 }, 5],
    ] as const) {
      it(`so many requests at the same time: ${name}`, async () => {
        const { clock, engine, run } = world(4)
        const { sender } = run(options)
        engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'hang' } })
        const random = new SeededRandom(9)
        for (let i = 0; i < 80; i++) await sender.send({ message: noise(200_000, random) })
        // Before the first of them is given up.
        await clock.advance(20_000)
        assert.equal(engine.calls.count('PutRecords'), expected)
      })
    }

    const passing = [
      ['a broken connection', { kind: 'reset' }],
      ['a bare 503', { kind: 'http', status: 503, body: '' }],
      ['half an answer', { kind: 'malformed' }],
      ['an answer without results', { kind: 'http', status: 200, body: '{}' }],
      ['an internal failure', { kind: 'error', name: 'InternalFailure', status: 500 }],
      ['a throttled key', { kind: 'error', name: 'KMSThrottlingException' }],
      ['no answer at all', { kind: 'hang' }],
      ['denied access for a while', { kind: 'error', name: 'AccessDeniedException' }],
      ['credentials which expired and were renewed', { kind: 'error', name: 'ExpiredTokenException' }],
    ] as const
    for (const [name, fault] of passing) {
      it(`waits out ${name}`, async () => {
        const { clock, engine, run } = world()
        const { sender, logger } = run()
        engine.faults.inject({ operation: 'PutRecords', times: 3, fault })
        for (const event of numbered(10)) await sender.send(event)
        await clock.runUntil(sender.flush(live), { maxMs: 5 * minutes })
        assert.deepEqual(new Set(sentMessages(engine)), new Set(numbered(10).map(({ message }) => message)))
        assert.equal(sender.statistics().hardErrors, 3)
        assert.deepEqual(logger.find('put').at(-1)?.fields['state'], 'recovered')
      })
    }
  })

  describe('fails', () => {
    for (const [name, fault, sentence] of [
      ['a deleted stream', { kind: 'error', name: 'ResourceNotFoundException' }, /^Stream logs does not exist/],
      [
        'denied access',
        { kind: 'error', name: 'AccessDeniedException' },
        /^Access to stream logs is denied; allow kinesis:PutRecords/,
      ],
      ['expired credentials', { kind: 'error', name: 'ExpiredTokenException' }, /^AWS refuses the credentials/],
    ] as const) {
      it(`after its patience with ${name}, and says what is left`, async () => {
        const { clock, engine, run } = world()
        const { sender } = run({ giveUpMs: minutes })
        engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault })
        const { safe } = await sender.write(numbered(10), live)
        await clock.advance(50_000)
        await sender.send({ message: 'more' })
        await clock.advance(60_000)
        await assert.rejects(
          safe,
          (error: Error) => errorCode(error) === 'SENDER_FAILED' && sentence.test(error.message),
        )
        await isRejectedWith(sender.send({ message: 'late' }), 'SENDER_FAILED')
        assert.deepEqual((await sender.end(live)).events, 11)
      })
    }

    it('never by default', async () => {
      const { clock, engine, run } = world()
      const { sender, logger } = run()
      engine.faults.inject({
        operation: 'PutRecords',
        times: Infinity,
        fault: { kind: 'error', name: 'ResourceNotFoundException' },
      })
      await sender.send({ message: 'patient' })
      await clock.advance(24 * 60 * minutes)
      assert.ok(logger.told('error').length > 10)
      engine.faults.clear()
      await clock.runUntil(sender.flush(live))
      assert.deepEqual(sentMessages(engine), ['patient'])
    })
  })

  describe('holds back', () => {
    it('who brings more than it may hold, first come first served', async () => {
      const { clock, engine, run } = world()
      const { sender } = run({ maxPendingBytes: 1000 })
      const writes = numbered(30).map((event) => sender.send(event))
      assert.equal(await hasSettled(writes[5] ?? Promise.reject(new Error())), true)
      assert.equal(await hasSettled(writes[29] ?? Promise.reject(new Error())), false)
      await clock.runUntil(Promise.all(writes))
      await clock.runUntil(sender.flush(live))
      assert.deepEqual(
        sentMessages(engine),
        numbered(30).map(({ message }) => message),
      )
    })

    it('who does not wait gets an error instead of the memory of the machine', async () => {
      const { run } = world()
      const { sender } = run({ maxPendingBytes: 10_000 })
      const writes = numbered(1000).map((event) => sender.send(event))
      const refused = (await Promise.allSettled(writes.slice(-5))).map((result) =>
        result.status === 'rejected' ? errorCode(result.reason) : '',
      )
      assert.deepEqual(
        refused,
        Array.from({ length: 5 }, () => 'QUEUE_FULL'),
      )
      for (const write of writes) write.catch(() => undefined)
    })

    it('drops and counts where it is told to', async () => {
      const { clock, engine, run } = world()
      const { sender, logger } = run({ maxPendingBytes: 1000, whenFull: 'drop' })
      for (const event of numbered(100)) await sender.send(event)
      await clock.runUntil(sender.flush(live))
      const { entries, droppedWrites, eventsDelivered } = sender.statistics()
      assert.equal(entries + droppedWrites, 100)
      assert.ok(droppedWrites > 50)
      assert.deepEqual(logger.told('warn', 'error'), ['error drop'])
      assert.equal(eventsDelivered, entries)
      assert.equal(sentMessages(engine).length, entries)
    })
  })

  describe('ends', () => {
    it('with everything delivered, and refuses what comes later', async () => {
      const { clock, engine, run } = world()
      const { sender } = run()
      for (const event of numbered(10)) await sender.send(event)
      const left = await clock.runUntil(sender.end(live))
      assert.deepEqual(left, { events: 0, bytes: 0 })
      assert.equal(sentMessages(engine).length, 10)
      await isRejectedWith(sender.send({ message: 'late' }), 'CLOSED')
      assert.deepEqual(await sender.end(live), left)
    })

    it('at the earliest deadline, when it is told more than one', async () => {
      const { clock, engine, run } = world()
      const { sender } = run()
      engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'hang' } })
      await sender.send({ message: 'stuck' })
      const first = sender.end(live)
      const deadline = new AbortController()
      const second = sender.end(deadline.signal)
      await clock.advance(5000)
      assert.equal(await hasSettled(first), false)
      deadline.abort()
      const [left] = await clock.runUntil(Promise.all([first, second]), { maxMs: 1 })
      assert.equal(left.events, 1)
    })

    it('in time when Kinesis takes nothing, and says how much is left', async () => {
      const { clock, engine, run } = world()
      const { sender } = run()
      engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'hang' } })
      for (const event of numbered(10)) await sender.send(event)
      const deadline = new AbortController()
      void clock.sleep(5000).then(() => {
        deadline.abort()
      })
      const left = await clock.runUntil(sender.end(deadline.signal), { maxMs: 6000 })
      assert.equal(left.events, 10)
      assert.ok(left.bytes > 100)
    })
  })

  it('refuses options which could never work', () => {
    const { run } = world()
    for (const options of [
      { flushIntervalMs: 0 },
      { maxParallelFlushes: 0 },
      { maxParallelFlushes: -1 },
      { maxPendingBytes: 0 },
      { giveUpMs: -1 },
      { giveUpMs: NaN },
    ]) {
      assert.throws(
        () => run(options),
        (error) => errorCode(error) === 'BAD_SETTING',
      )
    }
  })

  it('collects for ever where it is told to, until a flush', async () => {
    const { clock, engine, run } = world()
    const { sender } = run({ flushIntervalMs: Infinity })
    await sender.send({ message: 'a' })
    await clock.advance(48 * 60 * minutes)
    assert.deepEqual(sentMessages(engine), [])
    await clock.runUntil(sender.flush(live))
    assert.deepEqual(sentMessages(engine), ['a'])
  })

  it('rejects what is no event, and throws nothing', async () => {
    const { clock, engine, run } = world()
    const { sender } = run()
    for (const message of [undefined, null, 5, {}]) {
      await isRejectedWith(sender.send(Object.assign({ message: '' }, { message })), 'BAD_EVENT')
    }
    await sender.send({ message: 'odd time', time: { seconds: 0, nanos: 1.5 } })
    await clock.runUntil(sender.end(live))
    // A time which no reader could parse would cost all events of the record.
    assert.deepEqual(
      sentRecords(engine).flatMap(({ items }) => items),
      [{ message: 'odd time' }],
    )
    assert.deepEqual(sender.pending, { events: 0, bytes: 0 })
  })

  it('does not mind a wall clock which jumps', async () => {
    const { clock, engine, run } = world()
    const { sender } = run()
    await sender.send({ message: 'a' })
    clock.stepWallClock(-86_400_000)
    await clock.advance(1100)
    assert.deepEqual(sentMessages(engine), ['a'])
    await sender.send({ message: 'b' })
    clock.stepWallClock(7 * 86_400_000)
    await clock.advance(1100)
    assert.deepEqual(sentMessages(engine), ['a', 'b'])
  })

  it('never oversleeps a rest which ends while it is looked at', async () => {
    for (let stepMs = 5; stepMs <= 120; stepMs += 5) {
      const clock = new CreepingClock(stepMs)
      const engine = new KinesisEngine({ clock, limits: 'none' })
      engine.createStream('logs')
      const { sender } = new SenderRun({ clock, engine, latencyMs: 0, requestTimeoutMs: Infinity, random: () => 0.5 })
      engine.faults.inject({ operation: 'PutRecords', fault: { kind: 'throttle' } })
      engine.faults.inject({ operation: 'PutRecords', fault: { kind: 'fail-entries', indexes: [0] } })
      await sender.send({ message: 'at last' })
      await sender.flush(live)
      assert.deepEqual(sentMessages(engine), ['at last'])
      await sender.end(live)
    }
  })

  it('writes records which old readers read: gzip, one JSON object a line, keys in order', async () => {
    const { clock, engine, run } = world()
    const { sender } = run()
    await sender.send({ message: 'a<b>&c', source: 's', time: { seconds: 0, nanos: 5 } })
    await clock.runUntil(sender.flush(live))
    const [record] = sentRecords(engine)
    assert.ok(record?.metadata)
    const { encId } = record.metadata
    assert.ok(encId >= 0n && encId < 2n ** 63n)
    assert.match(record.stored.partitionKey ?? '', /^broken-\d+$/)
    assert.equal(
      gunzipSync(record.stored.data)
        .toString()
        .replace(/"batch_id":"[^"]+"/, '"batch_id":"…"'),
      `{"unbroken":false,"source":"s","sourcetype":"","host":"","index":"","enc_id":${encId},"block_id":0,"batch_id":"…"}\n` +
        '{"is_done":true,"ts":"1970-01-01T00:00:00.000000005Z","data":"YTxiPiZj"}\n',
    )
  })
})

/** Time passes whenever somebody looks at it, and sleepers sleep no longer than that takes; hours never end. */
class CreepingClock implements Clock {
  readonly #stepMs: number
  #nowMs = 1_000_000

  constructor(stepMs: number) {
    this.#stepMs = stepMs
  }

  now(): number {
    return this.#nowMs
  }

  monotonic(): number {
    this.#nowMs += this.#stepMs
    return this.#nowMs
  }

  async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    if (durationMs > 60_000) {
      await new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => {
          resolve()
        })
      })
      return
    }
    await new Promise((resolve) => setImmediate(resolve))
    this.#nowMs += durationMs
  }
}

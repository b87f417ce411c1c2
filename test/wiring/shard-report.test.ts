import assert from 'node:assert/strict'
import { textDecoder } from '../../src/codecs/text.ts'
import type { LaneStatus } from '../../src/core/source.ts'
import { RecordEvents } from '../../src/wiring/record-events.ts'
import { reportShards } from '../../src/wiring/shard-report.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const sequenceNumber = '49590338271490256608559692538361571095921575989136588898'

function lane(changes: Partial<LaneStatus> & { readonly lane: string }): LaneStatus {
  return { state: 'reading', position: '', lagMs: undefined, counters: {}, ...changes }
}

interface World {
  readonly clock: VirtualClock
  readonly logger: RecordingLogger
  readonly events: RecordEvents
  readonly stop: AbortController
  readonly done: Promise<void>
  lanes: LaneStatus[]
}

function reporting(lanes: LaneStatus[]): World {
  const [clock, logger, stop] = [new VirtualClock(), new RecordingLogger(), new AbortController()]
  const events = new RecordEvents(textDecoder, logger)
  const world: { lanes: LaneStatus[] } = { lanes }
  const done = reportShards(
    {
      clock,
      logger,
      intervalMs: 60_000,
      stream: 'orders',
      status: () => world.lanes,
      events,
      totals: () => ({ bytes_out: 7, checkpoint_age_ms: undefined }),
    },
    stop.signal,
  )
  return Object.assign(world, { clock, logger, events, stop, done })
}

describe('the report about shards', () => {
  it('is one line a shard and one for the input, each interval', async () => {
    const { clock, logger, events, stop, done } = reporting([
      lane({
        lane: 'one',
        state: 'held back by Splunk',
        position: `${sequenceNumber} 2026-01-01T00:00:00.000Z`,
        lagMs: 1234.6,
        counters: { records: 5, bytes: 600, throttled: 2, errors: 1, iterators: 9 },
      }),
      lane({ lane: 'two', state: 'waiting for parent one' }),
    ])
    events.counters('one').add('events', 50)
    events.counters('one').add('replaced_characters', 4)
    events.counters('one').add('undecodable', 3)
    await clock.advance(59_999)
    assert.deepEqual(logger.lines, [])
    await clock.advance(1)
    assert.deepEqual(logger.lines, [
      {
        level: 'info',
        at: 'shard',
        fields: {
          stream: 'orders',
          shard: 'one',
          state: 'held back by Splunk',
          position: sequenceNumber,
          lag_ms: 1235,
          records: 5,
          bytes: 600,
          events: 50,
          replaced_characters: 4,
          undecodable_records: 3,
          repeated_records: 0,
          throttled: 2,
          errors: 1,
        },
      },
      {
        level: 'info',
        at: 'shard',
        fields: {
          stream: 'orders',
          shard: 'two',
          state: 'waiting for parent one',
          position: undefined,
          lag_ms: undefined,
          records: 0,
          bytes: 0,
          events: 0,
          replaced_characters: 0,
          undecodable_records: 0,
          repeated_records: 0,
          throttled: 0,
          errors: 0,
        },
      },
      {
        level: 'info',
        at: 'input',
        fields: { stream: 'orders', shards: 2, bytes_out: 7, checkpoint_age_ms: undefined },
      },
    ])
    await clock.advance(60_000)
    assert.equal(logger.lines.length, 6)
    stop.abort()
    await done
  })

  it('tells of a closed shard once, until it leaves the stream and another of its name comes', async () => {
    const world = reporting([lane({ lane: 'one', state: 'closed' }), lane({ lane: 'two' })])
    const { clock, logger, stop, done } = world
    const told = (): unknown[] => logger.lines.splice(0).map(({ at, fields }) => fields['shard'] ?? at)
    await clock.advance(60_000)
    assert.deepEqual(told(), ['one', 'two', 'input'])
    await clock.advance(60_000)
    assert.deepEqual(told(), ['two', 'input'])
    world.lanes = [lane({ lane: 'two' })]
    await clock.advance(60_000)
    assert.deepEqual(told(), ['two', 'input'])
    world.lanes = [lane({ lane: 'one', state: 'closed' })]
    await clock.advance(60_000)
    assert.deepEqual(told(), ['one', 'input'])
    stop.abort()
    await done
  })

  it('forgets what was counted for shards which have left the stream', async () => {
    const { clock, events, stop, done } = reporting([lane({ lane: 'kept' })])
    events.counters('gone').add('events')
    events.counters('kept').add('events')
    await clock.advance(60_000)
    assert.deepEqual([events.counters('gone').get('events'), events.counters('kept').get('events')], [0, 1])
    stop.abort()
    await done
  })

  it('ends with its signal, and says nothing more', async () => {
    const { clock, logger, stop, done } = reporting([lane({ lane: 'one' })])
    await clock.advance(30_000)
    stop.abort()
    await clock.runUntil(done)
    assert.deepEqual(logger.lines, [])
    assert.equal(clock.sleepers, 0)
  })
})

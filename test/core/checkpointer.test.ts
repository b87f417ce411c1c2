import assert from 'node:assert/strict'
import { Checkpointer } from '../../src/core/checkpointer.ts'
import { KinloaderError } from '../../src/core/errors.ts'
import { GatedStore } from '../support/gated-store.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

describe('Checkpointer', () => {
  const setUp = (): {
    clock: VirtualClock
    store: GatedStore
    logger: RecordingLogger
    checkpointer: Checkpointer
    stop: AbortController
  } => {
    const clock = new VirtualClock()
    const store = new GatedStore()
    const logger = new RecordingLogger()
    return {
      clock,
      store,
      logger,
      checkpointer: new Checkpointer({ store, clock, logger }),
      stop: new AbortController(),
    }
  }

  it('saves the newest value of each key once an interval, one save in flight', async () => {
    const { clock, store, checkpointer, stop } = setUp()
    const running = checkpointer.run(stop.signal)
    checkpointer.set('a', '1')
    await clock.advance(0)
    assert.equal(store.saves.length, 1)
    checkpointer.set('a', '2')
    checkpointer.set('a', '3')
    checkpointer.set('b', '1')
    await clock.advance(20_000)
    assert.equal(store.saves.length, 1, 'the first save is still in flight')
    store.saves[0]?.pass()
    await clock.advance(1)
    assert.deepEqual(
      [...(store.saves[1]?.changes ?? [])],
      [
        ['a', '3'],
        ['b', '1'],
      ],
    )
    store.saves[1]?.pass()
    await clock.advance(0)
    checkpointer.set('a', '4')
    await clock.advance(4000)
    assert.equal(store.saves.length, 2, 'the interval has not passed')
    await clock.advance(1000)
    assert.equal(store.saves.length, 3)
    stop.abort()
    await running
  })

  it('saves an urgent key at once', async () => {
    const { clock, store, checkpointer, stop } = setUp()
    const running = checkpointer.run(stop.signal)
    checkpointer.set('a', '1')
    await clock.advance(0)
    store.saves[0]?.pass()
    await clock.advance(1)
    checkpointer.set('a', 'SHARD_END', { urgent: true })
    await clock.advance(0)
    assert.deepEqual([...(store.saves[1]?.changes ?? [])], [['a', 'SHARD_END']])
    stop.abort()
    await running
  })

  it('keeps the keys of a failed save, warns once, and never overwrites a newer value by an older', async () => {
    const { clock, store, logger, checkpointer, stop } = setUp()
    const running = checkpointer.run(stop.signal)
    checkpointer.set('a', '1')
    checkpointer.set('b', '1')
    await clock.advance(0)
    checkpointer.set('a', '2')
    store.saves[0]?.fail(new Error('away'))
    await clock.advance(10_000)
    assert.deepEqual(Object.fromEntries(store.saves[1]?.changes ?? []), { a: '2', b: '1' })
    store.saves[1]?.fail(new Error('still away'))
    await clock.advance(10_000)
    store.saves[2]?.pass()
    await clock.advance(0)
    assert.deepEqual(logger.told('warn', 'info'), ['warn checkpoint', 'info checkpoint'])
    assert.deepEqual(Object.fromEntries(store.saved), { a: '2', b: '1' })
    stop.abort()
    await running
  })

  it('gives up a save which does not answer, and tries again', async () => {
    const { clock, store, checkpointer, stop } = setUp()
    const running = checkpointer.run(stop.signal)
    checkpointer.set('a', '1')
    await clock.advance(33_500)
    assert.equal(store.saves.length, 2)
    stop.abort()
    await running
  })

  it('ends with an error which waiting cannot cure', async () => {
    const { clock, store, checkpointer, stop } = setUp()
    const running = checkpointer.run(stop.signal)
    checkpointer.set('a', '1')
    await clock.advance(0)
    store.saves[0]?.fail(new KinloaderError('SPLUNKD_UNAUTHORIZED', 'no'))
    await assert.rejects(running, { code: 'SPLUNKD_UNAUTHORIZED' })
  })

  it('forgets for good what was being saved when it was cleared', async () => {
    const { clock, store, checkpointer, stop } = setUp()
    const running = checkpointer.run(stop.signal)
    checkpointer.set('old', 'SHARD_END', { urgent: true })
    await clock.advance(0)
    checkpointer.clear()
    checkpointer.set('@stream', 'new')
    store.saves[0]?.fail(new Error('away'))
    await clock.advance(10_000)
    store.saves[1]?.pass()
    await clock.advance(0)
    assert.deepEqual(Object.fromEntries(store.saved), { '@stream': 'new' })
    checkpointer.set('x', '1', { urgent: true })
    checkpointer.clear()
    await clock.advance(60_000)
    assert.equal(store.saves.length, 2, 'nothing is left to be urgent about')
    stop.abort()
    await running
  })

  it('saves a last time after the save in flight', async () => {
    const { clock, store, checkpointer, stop } = setUp()
    const running = checkpointer.run(stop.signal)
    checkpointer.set('a', '1')
    await clock.advance(0)
    checkpointer.set('a', '2')
    const last = checkpointer.save(new AbortController().signal)
    stop.abort()
    store.saves[0]?.pass()
    await store.arrival(2)
    store.saves[1]?.pass()
    assert.equal(await last, true)
    assert.equal(store.saved.get('a'), '2')
    await running
  })
})

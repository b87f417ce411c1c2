import assert from 'node:assert/strict'
import { Backoff, TokenBucket } from '../../src/core/backoff.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

describe('Backoff', () => {
  it('doubles up to its ceiling, with jitter in the upper half', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1000, random: () => 0 })
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => backoff.next()),
      [50, 100, 200, 400, 500],
    )
    const late = new Backoff({ baseMs: 100, maxMs: 1000, random: () => 0.999_999 })
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => Math.round(late.next())),
      [100, 200, 400, 800, 1000],
    )
  })

  it('begins anew after a success', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1000, random: () => 0 })
    backoff.next()
    backoff.next()
    assert.equal(backoff.failures, 2)
    backoff.reset()
    assert.equal(backoff.next(), 50)
  })
})

describe('TokenBucket', () => {
  it('makes a debt wait until it is paid off', async () => {
    const clock = new VirtualClock()
    const bucket = new TokenBucket({ clock, perSecond: 1000, burst: 0 })
    assert.equal(bucket.delayMs(), 0)
    bucket.take(500)
    assert.equal(bucket.delayMs(), 500)
    await clock.advance(200)
    assert.equal(bucket.delayMs(), 300)
    await clock.advance(10_000)
    assert.equal(bucket.delayMs(), 0)
    bucket.take(1)
    assert.equal(bucket.delayMs(), 1, 'rest earns no burst beyond its size')
  })

  it('never waits at an infinite rate', async () => {
    const clock = new VirtualClock()
    const bucket = new TokenBucket({ clock, perSecond: Infinity, burst: 0 })
    bucket.take(1000)
    assert.equal(bucket.delayMs(), 0)
    await clock.advance(1)
    assert.equal(bucket.delayMs(1), 0)
  })

  it('lets a burst through at once', () => {
    const bucket = new TokenBucket({ clock: new VirtualClock(), perSecond: 1, burst: 3 })
    assert.equal(bucket.delayMs(3), 0)
    bucket.take(3)
    assert.equal(bucket.delayMs(1), 1000)
  })
})

import assert from 'node:assert/strict'
import { VirtualClock } from './virtual-clock.ts'

describe('VirtualClock', () => {
  it('moves only when told', async () => {
    const clock = new VirtualClock({ startMs: 5000, monotonicStartMs: 100 })
    assert.equal(clock.now(), 5000)
    await clock.advance(250)
    assert.equal(clock.now(), 5250)
    assert.equal(clock.monotonic(), 350)
  })

  it('wakes sleepers in order of time, then in the order in which they lay down', async () => {
    const clock = new VirtualClock({ monotonicStartMs: 0 })
    const woken: string[] = []
    const nap = async (name: string, durationMs: number): Promise<void> => {
      await clock.sleep(durationMs)
      woken.push(`${name}@${clock.monotonic()}`)
    }
    void nap('a', 20)
    void nap('b', 10)
    void nap('c', 20)
    void nap('d', 10)
    void nap('e', 0)
    await clock.advance(20)
    assert.deepEqual(woken, ['e@0', 'b@10', 'd@10', 'a@20', 'c@20'])
  })

  it('wakes those who lie down on the way, and nobody beyond the end', async () => {
    const clock = new VirtualClock({ monotonicStartMs: 0 })
    let rounds = 0
    void (async () => {
      for (;;) {
        await clock.sleep(10)
        rounds++
      }
    })()
    await clock.advance(95)
    assert.equal(rounds, 9)
    assert.equal(clock.monotonic(), 95)
    assert.equal(clock.sleepers, 1)
  })

  it('ends a sleep at once when its signal aborts, before or during it', async () => {
    const clock = new VirtualClock()
    await clock.sleep(1000, AbortSignal.abort())
    const abort = new AbortController()
    const sleep = clock.sleep(1000, abort.signal)
    assert.equal(clock.sleepers, 1)
    abort.abort()
    await sleep
    assert.equal(clock.sleepers, 0)
    assert.equal(clock.now(), Date.UTC(2026, 0, 1))
  })

  it('refuses a duration which a real timer would turn into none', () => {
    const clock = new VirtualClock()
    assert.throws(() => clock.sleep(2 ** 31), RangeError)
    assert.throws(() => clock.sleep(NaN), RangeError)
  })

  it('steps the wall clock without touching durations', async () => {
    const clock = new VirtualClock({ startMs: 10_000, monotonicStartMs: 0 })
    const sleep = clock.sleep(100)
    clock.stepWallClock(-9000)
    assert.equal(clock.now(), 1000)
    await clock.runUntil(sleep)
    assert.equal(clock.monotonic(), 100)
    assert.equal(clock.now(), 1100)
  })

  it('runs until a promise settles and hands on how', async () => {
    const clock = new VirtualClock({ monotonicStartMs: 0 })
    const answer = clock.sleep(70).then(() => 'done')
    assert.equal(await clock.runUntil(answer), 'done')
    assert.equal(clock.monotonic(), 70)
    const failure = clock.sleep(30).then(() => Promise.reject(new Error('broken')))
    await assert.rejects(clock.runUntil(failure), /broken/)
  })

  it('runs until a predicate holds', async () => {
    const clock = new VirtualClock({ monotonicStartMs: 0 })
    let count = 0
    void (async () => {
      while (count < 100) {
        await clock.sleep(7)
        count++
      }
    })()
    await clock.runUntil(() => count === 3)
    assert.equal(clock.monotonic(), 21)
  })

  it('tells a deadlock instead of hanging', async () => {
    const clock = new VirtualClock()
    await assert.rejects(clock.runUntil(new Promise(() => {})), /deadlock/)
  })

  it('gives up after the time allowed', async () => {
    const clock = new VirtualClock({ monotonicStartMs: 0 })
    void (async () => {
      for (;;) await clock.sleep(400)
    })()
    await assert.rejects(
      clock.runUntil(() => false, { maxMs: 1000 }),
      /not reached within 1000 ms/,
    )
    assert.equal(clock.monotonic(), 800)
  })

  it('stands still while somebody is in flight', async () => {
    const clock = new VirtualClock({ monotonicStartMs: 0 })
    const times: number[] = []
    void clock.sleep(10).then(() => times.push(clock.monotonic()))
    const io = clock.busy(new Promise((resolve) => setTimeout(resolve, 30)))
    void io.then(() => times.push(clock.monotonic()))
    await clock.advance(10)
    assert.deepEqual(times, [0, 10])
    assert.throws(() => {
      clock.leave()
    }, /without enter/)
  })

  it('tells who entered and never left', async () => {
    const clock = new VirtualClock({ stuckMs: 20 })
    clock.enter()
    await assert.rejects(clock.advance(1), /1 entered and did not leave/)
  })

  it('tells that time cannot move while somebody works in a circle', async () => {
    const clock = new VirtualClock()
    let isOver = false
    const circle = (): void => {
      clock.enter()
      clock.leave()
      if (!isOver) setImmediate(circle)
    }
    circle()
    await assert.rejects(clock.advance(1), /works in a circle/)
    isOver = true
  })

  it('is run by one at a time', async () => {
    const clock = new VirtualClock()
    const run = clock.advance(10)
    await assert.rejects(clock.advance(10), /by somebody else/)
    await run
  })

  it('cuts a branch off: its sleepers never wake and never hold up the rest', async () => {
    const clock = new VirtualClock({ monotonicStartMs: 0 })
    const branch = clock.branch()
    let isAwake = false
    void branch.sleep(10).then(() => {
      isAwake = true
    })
    await clock.advance(5)
    assert.equal(branch.monotonic(), 5)
    branch.cutOff()
    void branch.sleep(1).then(() => {
      isAwake = true
    })
    await clock.advance(100)
    assert.equal(isAwake, false)
    assert.equal(clock.sleepers, 0)
    const living = clock.branch()
    await clock.runUntil(living.sleep(10))
    assert.equal(clock.monotonic(), 115)
  })
})

import assert from 'node:assert/strict'
import { awsReadLimits, ReadPace } from '../../../src/sources/kinesis/pace.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

function paced(random = 0.5): { clock: VirtualClock; pace: ReadPace } {
  const clock = new VirtualClock()
  return { clock, pace: new ReadPace(clock, awsReadLimits, () => random) }
}

/** Waits as told, calls, and hears of an answer. */
async function turn(
  { clock, pace }: ReturnType<typeof paced>,
  answer: { bytes?: number; records?: number; caughtUp?: boolean },
): Promise<number> {
  const delayMs = pace.delayMs()
  await clock.advance(delayMs)
  pace.called()
  pace.answered(answer.bytes ?? 0, answer.records ?? 1, answer.caughtUp ?? false)
  return delayMs
}

describe('the pace of a shard', () => {
  it('is that of AWS: 5 calls and 2 MB a second', () => {
    assert.deepEqual(awsReadLimits, { callsPerSecond: 5, bytesPerSecond: 2_000_000 })
  })

  it('is at once at the start, and 5 calls a second while there is more', async () => {
    const world = paced()
    const startMs = world.clock.monotonic()
    assert.equal(await turn(world, {}), 0)
    for (let i = 0; i < 10; i += 1) assert.equal(Math.round(await turn(world, {})), 200)
    assert.equal(Math.round(world.clock.monotonic() - startMs), 2000)
  })

  it('pays a large answer off before the next call: n bytes / 2 MB/s', async () => {
    const world = paced()
    await turn(world, { bytes: 10_485_760 })
    assert.equal(Math.round(world.pace.delayMs()), 5243)
    await world.clock.advance(1000)
    assert.equal(Math.round(world.pace.delayMs()), 4243)
  })

  it('gives no burst after a rest', async () => {
    const world = paced()
    await turn(world, {})
    await world.clock.advance(60_000)
    assert.equal(await turn(world, {}), 0)
    assert.equal(Math.round(world.pace.delayMs()), 200)
  })

  it('is every 200 to 400 ms while data trickles', async () => {
    for (const [random, wanted] of [
      [0, 200],
      [0.5, 300],
      [0.99, 398],
    ] as const) {
      const world = paced(random)
      await turn(world, { caughtUp: true })
      assert.equal(Math.round(world.pace.delayMs()), wanted)
    }
  })

  it('is once a second after a minute of silence, and quick again with the next record', async () => {
    const world = paced()
    await turn(world, { caughtUp: true })
    await world.clock.advance(59_000)
    await turn(world, { records: 0, caughtUp: true })
    assert.equal(Math.round(world.pace.delayMs()), 300)
    await world.clock.advance(1000)
    await turn(world, { records: 0, caughtUp: true })
    assert.equal(Math.round(world.pace.delayMs()), 1000)
    await turn(world, { caughtUp: true })
    assert.equal(Math.round(world.pace.delayMs()), 300)
  })

  it('backs off when throttled, longer each time, at most 5 s', () => {
    const { pace } = paced(1)
    const delays = Array.from({ length: 8 }, () => {
      pace.throttled()
      return Math.round(pace.delayMs())
    })
    assert.deepEqual(delays, [400, 800, 1600, 3200, 5000, 5000, 5000, 5000])
  })

  it('begins with the shortest wait again after a good answer', async () => {
    const { clock, pace } = paced(1)
    for (let i = 0; i < 4; i += 1) pace.throttled()
    await clock.advance(60_000)
    pace.answered(0, 1, false)
    pace.throttled()
    assert.equal(Math.round(pace.delayMs()), 400)
  })

  it('learns from throttles: half the rate each time, and creeps back with good answers', async () => {
    const world = paced()
    const slowed = async (): Promise<number> => {
      await turn(world, { bytes: 200_000 })
      return Math.round(world.pace.delayMs())
    }
    assert.equal(await slowed(), 200)
    world.pace.throttled()
    world.pace.throttled()
    const first = await slowed()
    assert.ok(first >= 380 && first <= 800, `${first}`)
    let last = first
    for (let i = 0; i < 60; i += 1) {
      const next = await slowed()
      assert.ok(next <= last, `${next} after ${last}`)
      last = next
    }
    assert.equal(last, 200)
  })

  it('is never slowed for good, however often it was throttled', async () => {
    const world = paced()
    for (let i = 0; i < 100; i += 1) world.pace.throttled()
    await world.clock.advance(10_000)
    await turn(world, {})
    assert.ok(world.pace.delayMs() <= 16 * 200)
  })
})

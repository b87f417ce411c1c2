import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { NumberedEvents } from '../../support/input-numbers.ts'
import { InputWorld } from '../../support/input-world.ts'

/** Hold-back, interval and a save, several times over. */
const longAfterMs = 1000
const pipeBytes = 65_536
const shardId = 'shardId-000000000000'

describe('the input on a quiet stream', () => {
  let world: InputWorld
  let events: NumberedEvents

  beforeEach(async () => {
    world = await InputWorld.start()
    events = new NumberedEvents(world.engine)
  })

  afterEach(async () => {
    await world.close()
  })

  /** One record, 40 KB in the pipe. */
  function putLittle(): void {
    events.putRecord(shardId, 180)
  }

  it('loses nothing that was in the pipe when it and splunkd were killed', async () => {
    putLittle()
    events.beginRun()
    const unread = world.run({ onEvent: events.take, paused: true })
    await unread.logged(/at=input .*\bfiller_bytes=65536/)
    await sleep(longAfterMs)
    const kill = unread.kill()
    unread.abandon()
    await kill
    assert.equal(unread.bytesRead, 0)

    events.beginRun()
    const input = world.run({ onEvent: events.take })
    await input.received(180)
    assert.deepEqual([events.seen, events.faults], [180, []])
    assert.ok(input.bytesRead > 35_000 && input.bytesRead < 60_000, `${input.bytesRead} bytes fit into a pipe`)
  })

  it('finds out by one filler that they were read, and then writes nothing', async () => {
    putLittle()
    events.beginRun()
    const input = world.run({ onEvent: events.take })
    await input.received(180)
    const eventBytes = input.bytesRead
    while (input.bytesRead < eventBytes + pipeBytes) await sleep(10)
    await sleep(longAfterMs)
    assert.equal(input.bytesRead, eventBytes + pipeBytes)
    await input.kill()
    await input.drained

    events.beginRun()
    const next = world.run({ onEvent: events.take })
    putLittle()
    await next.received(180)
    await next.terminate()
    await next.drained
    assert.deepEqual([next.eventCount, events.seen, events.faults], [180, 360, []])
    assert.equal(next.streamClosed, true)
  })

  it('takes nothing for safe before the hold-back, however much was read behind it', async () => {
    for (let i = 0; i < 10; i += 1) putLittle()
    const run = events.beginRun()
    run.allowedMs = 10_000
    const input = world.run({ onEvent: events.take, params: { hold_back: '5s' } })
    await input.received(1800)
    await sleep(longAfterMs)
    run.killedAtMs = performance.now()
    await input.kill()
    await input.drained

    events.beginRun()
    const next = world.run({ onEvent: events.take })
    await next.received(1800)
    assert.deepEqual([run.repeated, events.seen, events.faults], [1800, 1800, []])
  })
})

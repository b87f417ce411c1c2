import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { NumberedEvents } from '../../support/input-numbers.ts'
import { InputWorld } from '../../support/input-world.ts'

/** Hold-back, interval and a save, several times over. */
const longAfterMs = 1000
const pipeBytes = 65_536

interface Scene {
  readonly world: InputWorld
  readonly events: NumberedEvents
  /** One record, 40 KB in the pipe. */
  readonly putLittle: () => void
}

const scenes: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  async 'loses nothing that was in the pipe when it and splunkd were killed'({ world, events, putLittle }) {
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
  },

  async 'finds out by one filler that they were read, and then writes nothing'({ world, events, putLittle }) {
    putLittle()
    events.beginRun()
    const input = world.run({ onEvent: events.take })
    await input.received(180)
    const eventBytes = input.bytesRead
    await world.until('filler', () => input.bytesRead >= eventBytes + pipeBytes)
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
  },

  async 'takes nothing for safe before the hold-back, however much was read behind it'({ world, events, putLittle }) {
    putLittle()
    const run = events.beginRun()
    run.allowedMs = 10_000
    const input = world.run({ onEvent: events.take, params: { hold_back: '5s' } })
    await input.received(180)
    for (let i = 0; i < 9; i += 1) putLittle()
    await input.received(1800)
    await sleep(longAfterMs)
    run.killedAtMs = performance.now()
    await input.kill()
    await input.drained

    events.beginRun()
    const next = world.run({ onEvent: events.take })
    await next.received(1800)
    assert.deepEqual([run.repeated, events.seen, events.faults], [1800, 1800, []])
  },
}

/** All scenes at the same time: mostly this is waiting. */
describe('the input on a quiet stream', () => {
  const played = new Map<string, Promise<PromiseSettledResult<void>>>()

  before(() => {
    for (const [name, scene] of Object.entries(scenes)) {
      played.set(
        name,
        Promise.allSettled([play(scene)]).then(([result]) => result),
      )
    }
  })

  for (const name of Object.keys(scenes)) {
    it(name, async () => {
      const result = (await played.get(name)) ?? assert.fail()
      if (result.status === 'rejected') throw result.reason
    })
  }
})

async function play(scene: (scene: Scene) => Promise<void>): Promise<void> {
  const world = await InputWorld.start()
  const events = new NumberedEvents(world.engine)
  const putLittle = (): void => {
    events.putRecord('shardId-000000000000', 180)
  }
  try {
    await scene({ world, events, putLittle })
  } finally {
    await world.close()
  }
}

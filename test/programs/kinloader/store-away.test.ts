import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningInput } from '../../fakes/splunkd/input-process.ts'
import { FakeSplunkd } from '../../fakes/splunkd/server.ts'
import { assertLog } from '../../support/input-log.ts'
import { NumberedEvents } from '../../support/input-numbers.ts'
import { InputWorld, sessionKey } from '../../support/input-world.ts'

describe('the input when its KV store is away', () => {
  let splunkd: FakeSplunkd
  let world: InputWorld

  beforeEach(async () => {
    splunkd = await FakeSplunkd.start({ sessionKey })
    world = await InputWorld.start({ serverUri: splunkd.serverUri, params: { checkpoint_store: 'kvstore' } })
  })

  afterEach(async () => {
    await world.close()
    await splunkd.stop()
    assertLog(world.runs)
  })

  async function endsInTime(input: RunningInput): Promise<void> {
    const startedMs = performance.now()
    assert.deepEqual(await input.terminate(), { code: 0, signal: null, forced: false })
    assert.ok(performance.now() - startedMs < 2000, `ended after ${performance.now() - startedMs} ms`)
    await input.drained
    assert.equal(input.streamClosed, true)
  }

  for (const [what, leave] of Object.entries({
    'answers no more': async () => {
      splunkd.setSilent(true)
    },
    'is gone': () => splunkd.stop(),
  })) {
    it(`ends at SIGTERM when it ${what}`, async () => {
      const events = new NumberedEvents(world.engine)
      const input = world.run()
      await world.called('GetRecords')
      await leave()
      events.putRecord('shardId-000000000000', 10)
      // The filler comes behind the hold-back; then there is a position to save.
      await input.received(10)
      await world.until('filler', () => input.bytesRead > 65_536)
      await sleep(300)
      await endsInTime(input)
    })
  }

  it('ends at SIGTERM while it waits for the first answer', async () => {
    splunkd.setSilent(true)
    const input = world.run()
    await world.until('request to splunkd', () => splunkd.requests.length > 0)
    await endsInTime(input)
    assert.equal(world.engine.calls.count('GetRecords'), 0)
  })
})

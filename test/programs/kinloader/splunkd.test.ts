import assert from 'node:assert/strict'
import { failure } from '../../fakes/splunkd/reply.ts'
import type { RunningInput } from '../../fakes/splunkd/input-process.ts'
import { FakeSplunkd } from '../../fakes/splunkd/server.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { NumberedEvents } from '../../support/input-numbers.ts'
import { InputWorld, sessionKey } from '../../support/input-world.ts'

const shardId = 'shardId-000000000000'

interface Scene {
  readonly splunkd: FakeSplunkd
  readonly world: InputWorld
  readonly events: NumberedEvents
}

interface Failure {
  readonly input: RunningInput
  /** How long it took from the ERROR line to the end. */
  readonly backedOffMs: number
}

describe('the input when splunkd refuses its checkpoints', () => {
  const scenes: Scene[] = []
  let failures: Readonly<Record<'atStart' | 'underWay' | 'refused', Promise<Failure>>>

  /** All at the same time and early: the back-off takes longer than the rest. */
  before(async () => {
    const [atStart, underWay, refused] = [await scene(), await scene(), await scene()]
    atStart.splunkd.revokeSession()
    failures = {
      atStart: fails(atStart.world.run()),
      underWay: failsUnderWay(underWay, () => {
        underWay.splunkd.revokeSession()
      }),
      refused: failsUnderWay(refused, () => {
        refused.splunkd.onRequest(({ parts }) =>
          parts.at(-1) === 'batch_save' ? failure(400, 'The collection takes no such documents.') : undefined,
        )
      }),
    }
    // Awaited by the tests, which come later.
    for (const failed of Object.values(failures)) failed.catch(() => undefined)
  })

  after(async () => {
    for (const { world, splunkd } of scenes) {
      await world.close()
      await splunkd.stop()
      assertLog(world.runs)
    }
  })

  async function scene(): Promise<Scene> {
    const splunkd = await FakeSplunkd.start({ sessionKey })
    const { serverUri } = splunkd
    const world = await InputWorld.start({ serverUri, params: { checkpoint_store: 'kvstore' } })
    const opened = { splunkd, world, events: new NumberedEvents(world.engine) }
    scenes.push(opened)
    return opened
  }

  async function fails(input: RunningInput): Promise<Failure> {
    await input.logged(/^ERROR at=/)
    const toldMs = performance.now()
    const { code } = await input.exit
    assert.equal(code, 1)
    return { input, backedOffMs: performance.now() - toldMs }
  }

  /** Events come and are saved, then the store changes its mind, and more events come. */
  async function failsUnderWay({ splunkd, world, events }: Scene, change: () => void): Promise<Failure> {
    const input = world.run()
    events.putRecord(shardId, 10)
    await world.until('checkpoint', () => splunkd.requests.some((request) => request.includes('/batch_save')))
    change()
    events.putRecord(shardId, 10)
    return fails(input)
  }

  function assertFailure({ input, backedOffMs }: Failure, says: RegExp): void {
    assert.ok(backedOffMs > 4500 && backedOffMs < 8000, `ended ${backedOffMs} ms after its ERROR line`)
    const [line = '', ...more] = linesOf(input, 'WARN', 'ERROR', 'FATAL')
    assert.deepEqual(more, [])
    assert.match(line, says)
  }

  it('waits for a KV store which is starting, and says so once', async () => {
    const { splunkd, world, events } = await scene()
    events.putRecord(shardId, 10)
    splunkd.setStarting({ ms: 2000 })
    const startedMs = performance.now()
    const input = world.run()
    await input.received(10)
    assert.ok(performance.now() - startedMs > 1900)
    await input.terminate()
    assert.equal(input.stderr.filter((line) => line.includes('state="waiting for it to start"')).length, 1)
    assert.equal(input.stderr.filter((line) => line.startsWith('INFO at=kv-store')).length, 2)
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR', 'FATAL'), [])
  })

  it('lets SIGTERM end the back-off of a session which is not valid', async () => {
    const { splunkd, world } = await scene()
    splunkd.revokeSession()
    const input = world.run()
    await input.logged(/^ERROR at=/)
    const startedMs = performance.now()
    assert.deepEqual(await input.terminate(), { code: 1, signal: null, forced: false })
    assert.ok(performance.now() - startedMs < 1000)
  })

  it('ends with one line when its session is not valid from the start', async () => {
    const failed = await failures.atStart
    assertFailure(failed, /^ERROR at=stream error=".*with 401 .*session key.*started again.*code=SPLUNKD_UNAUTHORIZED/)
    assert.equal(failed.input.eventCount, 0)
  })

  it('ends with one line when its session becomes invalid under way', async () => {
    const failed = await failures.underWay
    assertFailure(failed, /^ERROR at=stream error=".*with 401 .*session key.*started again.*code=SPLUNKD_UNAUTHORIZED/)
    assert.ok(failed.input.eventCount >= 10)
  })

  it('ends with one line when a checkpoint is refused for good', async () => {
    const failed = await failures.refused
    assertFailure(failed, /^ERROR at=stream error=".*takes no such documents.*see splunkd\.log.*code=SPLUNKD_REFUSED/)
    assert.ok(failed.input.eventCount >= 10)
  })
})

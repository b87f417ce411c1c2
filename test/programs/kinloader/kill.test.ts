import assert from 'node:assert/strict'
import { excesses, Killing, tallyLine } from '../../support/input-killing.ts'
import { type InputStore, inputStores } from '../../support/input-stores.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

const kills = Number(process.env['KINLOADER_KILLS'] ?? 10)
const seed = Number(process.env['KINLOADER_SEED'] ?? Date.now() % 2 ** 31)

interface Played {
  readonly killing: Killing
  readonly error?: unknown
}

/** All stores at the same time: mostly this is waiting. */
describe(`the input, killed ${kills} times at any moment (KINLOADER_SEED=${seed})`, function () {
  this.timeout(30_000 + kills * 10_000)
  const played = new Map<string, Promise<Played>>()

  before(() => {
    for (const store of inputStores) played.set(store.name, play(store))
  })

  for (const { name } of inputStores) {
    it(`loses nothing and repeats little with its checkpoints in ${name}`, async () => {
      const { killing, error } = (await played.get(name)) ?? assert.fail()
      process.stdout.write(`      ${tallyLine(killing)}\n`)
      if (error !== undefined) throw error as Error
      const { events, tally } = killing
      assert.deepEqual(events.faults, [])
      assert.equal(events.put - events.seen, 0, 'lost')
      assert.deepEqual(excesses(events.runs), [])
      // That it was no idle exercise.
      for (const [way, count] of Object.entries(tally.ways)) assert.ok(count > 0, `never killed ${way}`)
      assert.ok(tally.inFlight > 0 && tally.repeating > 0 && tally.splits > 0 && tally.merges > 0)
      assert.ok(events.put > 100 * kills)
    })
  }
})

/** Rejects only when the world of the store does not begin. */
async function play(inputStore: InputStore): Promise<Played> {
  const store = await inputStore.open({ shards: 2 })
  const killing = new Killing({
    store,
    random: new SeededRandom(seed),
    kills,
    holdBackMs: 200,
    checkpointIntervalMs: 200,
  })
  try {
    await killing.play()
    return { killing }
  } catch (error) {
    return { killing, error }
  } finally {
    await store.close()
  }
}

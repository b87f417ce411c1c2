import assert from 'node:assert/strict'
import { excesses, Killing, tallyLine } from '../../support/input-killing.ts'
import { inputStores } from '../../support/input-stores.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

const kills = Number(process.env['KINLOADER_KILLS'] ?? 10)
const seed = Number(process.env['KINLOADER_SEED'] ?? Date.now() % 2 ** 31)

describe('the input, killed at any moment', () => {
  for (const store of inputStores) {
    it(`loses nothing and repeats little, checkpoints in ${store.name}, seed ${seed}`, async function () {
      this.timeout(30_000 + kills * 10_000)
      const opened = await store.open({ shards: 2 })
      const killing = new Killing({
        store: opened,
        random: new SeededRandom(seed),
        kills,
        holdBackMs: 200,
        checkpointIntervalMs: 200,
      })
      try {
        await killing.play()
      } finally {
        await opened.close()
        process.stdout.write(`      ${tallyLine(killing)}\n`)
      }
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

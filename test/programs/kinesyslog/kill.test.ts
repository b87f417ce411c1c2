import assert from 'node:assert/strict'
import { RelayKilling } from '../../support/relay-killing.ts'
import { RelayWorld } from '../../support/relay-world.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

/** `make verify` asks for 200. */
const kills = Number(process.env['KINLOADER_RELAY_KILLS'] ?? 20)
const seed = Number(process.env['KINLOADER_SEED'] ?? Date.now() % 2 ** 31)

describe(`fault 12: kinesyslog, killed ${kills} times under load (KINLOADER_SEED=${seed})`, function () {
  this.timeout(60_000 + kills * 5000)

  it('delivers everything with a receipt at least once, and repeats under the same id', async () => {
    const world = await RelayWorld.start()
    try {
      const killing = new RelayKilling(world, new SeededRandom(seed))
      const { code, stderr } = await killing.play(kills)
      const { tally } = killing
      process.stdout.write(`      ${JSON.stringify({ ...tally, receipted: killing.receipted.size })}\n`)
      assert.equal(code, 0, stderr)
      assert.deepEqual(killing.lost.slice(0, 5), [])
      assert.deepEqual(killing.confused.slice(0, 5), [])
      assert.match(stderr, /left_records=0 left_bytes=0 left_segments=0/)
      // That it was no idle exercise.
      assert.ok(tally.orderly > kills && tally.broken + tally.farewells > 0 && tally.faults > 0 && tally.early > 0)
      assert.ok(killing.receipted.size > 100 * kills)
    } finally {
      await world.close()
    }
  })
})

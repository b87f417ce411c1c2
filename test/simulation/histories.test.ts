import assert from 'node:assert/strict'
import { SeededRandom } from '../support/seeded-random.ts'
import { History, kinds, type Tally } from './history.ts'

const count = Number(process.env['KINLOADER_HISTORIES'] ?? 100)
const freshSeed = Number(process.env['KINLOADER_SEED'] ?? Date.now() % 2 ** 31)

describe('random histories of a stream and its reader', () => {
  for (const [name, seed] of [
    ['a fixed seed', 20_261_120],
    ['a fresh seed', freshSeed],
  ] as const) {
    it(`lose nothing and keep the order, ${name}: ${seed}`, async function () {
      this.timeout(300_000)
      const tally = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Tally
      for (let i = 0; i < count / 2; i += 1) {
        try {
          await new History(new SeededRandom(seed + i), tally).play()
        } catch (error) {
          throw new Error(`history ${i}: run again with KINLOADER_SEED=${seed + i}`, { cause: error })
        }
      }
      process.stdout.write(`      ${kinds.map((kind) => `${kind} ${tally[kind]}`).join(', ')}\n`)
      for (const kind of kinds) assert.ok(tally[kind] > 0, `no ${kind} happened`)
    })
  }
})

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'

/** The faults of the original which kinesyslog must not have; what each is stands in the names of its tests. */
const faults = 26

describe('the faults of the original kinesyslog', () => {
  const sources = globSync('test/**/*.{test,verify}.ts').map((file) => readFileSync(file, 'utf8'))
  const named = sources.flatMap((source) =>
    Array.from(source.matchAll(/\b(?:it|describe)\(\s*['"`]fault (\d+): /g), ([, number]) => Number(number)),
  )

  for (let fault = 1; fault <= faults; fault += 1) {
    it(`number ${fault} has a test by that name`, () => {
      assert.ok(named.includes(fault))
    })
  }

  it('are no more than those', () => {
    assert.deepEqual(
      named.filter((fault) => fault < 1 || fault > faults),
      [],
    )
  })
})

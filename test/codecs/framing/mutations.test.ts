import assert from 'node:assert/strict'
import { GelfFramer } from '../../../src/codecs/framing/gelf-framer.ts'
import { SyslogFramer } from '../../../src/codecs/framing/syslog-framer.ts'
import type { Framer } from '../../../src/core/framer.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { mutated, mutationSeed, mutations, randomPieces } from '../../support/mutation.ts'
import { SeededRandom } from '../../support/seeded-random.ts'

const freshCount = 8

/** What comes of the pieces, while the memory is looked after. */
function read(framer: Framer, pieces: readonly Buffer[], maxHeldBytes: number): string[] {
  const messages: string[] = []
  for (const piece of pieces) {
    for (const message of framer.push(piece).flatMap((part) => [...part])) messages.push(latin1(message))
    assert.ok(framer.heldBytes <= maxHeldBytes, `holds ${framer.heldBytes} bytes`)
  }
  for (const message of framer.end().flatMap((part) => [...part])) messages.push(latin1(message))
  return messages
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function assertBalanced(counters: Counters, messages: number): void {
  const lost = Object.entries(counters.snapshot())
    .filter(([name]) => /^(dropped|discarded)\./.test(name))
    .reduce((sum, [, lostHere]) => sum + lostHere, 0)
  assert.equal(counters.get('received'), messages + lost)
}

function forEachMutation(test: (random: SeededRandom) => void): void {
  for (let i = 0; i < mutations; i++) {
    try {
      test(new SeededRandom(mutationSeed + i))
    } catch (error) {
      throw new Error(`mutation ${i}: run again with KINLOADER_SEED=${mutationSeed + i}`, { cause: error })
    }
  }
}

/**
 * Valid frames, one which is damaged, then fresh ones which end at an LF. All before the damage are delivered as they
 * are; which of the fresh ones have to be is for each framing to say.
 */
describe(`${mutations} damaged frames each (KINLOADER_SEED=${mutationSeed})`, function () {
  this.timeout(20_000 + 3 * mutations)

  /**
   * A damage takes with it at most the line it runs into. One which reads as an octet count takes as many bytes as it
   * says, and the rest of the line in which they end.
   */
  it('syslog: the others are delivered', () => {
    const tokens = [
      '\n',
      '\0',
      '\r',
      ' ',
      '<',
      '>',
      '<13>',
      '1',
      '9',
      '0',
      '7 <1>',
      '40 <13>',
      '300 <13>',
      '9999999 <13>',
    ]
    const fresh = Array.from({ length: freshCount }, (_, i) => `<13>fresh ${i} xxxxxxxxxxxxxxxx`)
    forEachMutation((random) => {
      const frames: readonly ((text: string) => string)[] = [
        (text) => `${text}\n`,
        (text) => `${text}\r\n`,
        (text) => `${text}\0`,
        (text) => `${text.length} ${text}`,
        (text) => `${text.length} ${text}\n`,
      ]
      const before = Array.from({ length: random.between(1, 3) }, (_, i) => `<13>before ${i}`)
      const lead = before.map((text) => random.pick(frames)(text)).join('')
      const victim = random.pick(frames)(`<34>1 2018-02-21T21:07:50Z host app - - - text ${random.between(0, 9999)}`)
      const damage = mutated(random, Buffer.from(victim), tokens)
      const tail = Buffer.from(fresh.map((text) => `${text}\n`).join(''))
      const counters = new Counters()
      const framer = new SyslogFramer({ mode: 'auto', maxMessageBytes: 200, counters })
      const input = Buffer.concat([Buffer.from(lead), damage, tail])
      const messages = read(framer, randomPieces(random, input), 215)
      assert.deepEqual(messages.slice(0, before.length), before)
      const claims = (damage.toString('latin1') + tail.toString('latin1', 0, 13)).matchAll(/[1-9]\d{0,6}(?= <)/g)
      // Each count may begin where another ends, so that what they claim adds up.
      const claimed = Array.from(claims, ([digits]) => longestClaim(digits)).reduce((sum, bytes) => sum + bytes, 0)
      const safe = fresh.filter((_, i) => i > 0 && i * (tail.length / freshCount) >= claimed + tail.length / freshCount)
      if (safe.length > 0) assert.deepEqual(messages.slice(-safe.length), safe)
      assertBalanced(counters, messages.length)
      assert.equal(framer.refusal, undefined)
    })
  })

  /**
   * A damage takes with it at most the object it runs into: where it ends as JSON which is not complete, or has lost its
   * terminator. Compressed bytes end the connection.
   */
  it('GELF: the others are delivered', () => {
    const tokens = [
      '\n',
      '\0',
      '\r\n',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ',',
      ':',
      '{"a":',
      '}\n',
      '\n{',
      '"\n',
      '\x1f\x8b',
      'x',
    ]
    const fresh = Array.from(
      { length: freshCount },
      (_, i) => `{"version":"1.1","_o":{"p":"}"},"short_message":"fresh ${i}"}`,
    )
    forEachMutation((random) => {
      const terminators = ['\0', '\n', '\r\n', '\n\0']
      const before = Array.from(
        { length: random.between(1, 3) },
        (_, i) => `{"version":"1.1","_a":"before {\\"\\\\ ${i}"}`,
      )
      const lead = before.map((text) => text + random.pick(terminators)).join('')
      const body = random.pick([
        '{"version":"1.1","_a":[{"b":"c"},2],"short_message":"victim"}',
        '{\n  "version": "1.1",\n  "_a": [\n    {"b": "\\"{"}\n  ],\n  "short_message": "victim"\n}',
      ])
      const damage = mutated(random, Buffer.from(body + random.pick(terminators)), tokens)
      const tail = fresh.map((text) => `${text}\n`).join('')
      const maxMessageBytes = random.pick([70, 200, 10_000])
      const counters = new Counters()
      const framer = new GelfFramer({ maxMessageBytes, counters })
      const input = Buffer.concat([Buffer.from(lead), damage, Buffer.from(tail)])
      const messages = read(framer, randomPieces(random, input), maxMessageBytes + 7)
      assert.deepEqual(messages.slice(0, before.length), before)
      assertBalanced(counters, messages.length)
      if (framer.refusal === 'compressed' && /\x1f\x8b|x[^]/.test(damage.toString('latin1'))) return
      assert.equal(framer.refusal, undefined)
      assert.deepEqual(messages.slice(-(freshCount - 1)), fresh.slice(1))
    })
  })
})

/** A count may begin at any of its digits. */
function longestClaim(digits: string): number {
  return Math.max(...Array.from(digits, (_, i) => Number(digits.slice(i)))) + digits.length + 1
}

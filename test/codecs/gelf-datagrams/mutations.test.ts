import assert from 'node:assert/strict'
import { deflateSync, gzipSync } from 'node:zlib'
import { GelfDatagrams } from '../../../src/codecs/gelf-datagrams/gelf-datagrams.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { mutated, mutationSeed, mutations } from '../../support/mutation.ts'
import { SeededRandom } from '../../support/seeded-random.ts'
import { chunked } from './chunks.ts'

const tokens = ['\x1e\x0f', '\x1f\x8b', '\x78\x9c', '\0', '\x80', '\x81', '\xff', '{', '\n']
const limits = { sets: 50, bytes: 60_000 }

describe(`${mutations} damaged GELF datagrams (KINLOADER_SEED=${mutationSeed})`, function () {
  this.timeout(20_000 + 3 * mutations)

  it('do not touch the messages of others', () => {
    const counters = new Counters()
    const datagrams = new GelfDatagrams({ maxMessageBytes: 2000, counters, limits })
    let messages = 0
    const push = (datagram: Buffer, sender: string, nowMs: number): string | undefined => {
      const message = datagrams.push(datagram, sender, nowMs)
      assert.ok(datagrams.pendingBytes <= limits.bytes && datagrams.pendingSets <= limits.sets)
      if (message === undefined) return undefined
      messages++
      return Buffer.from(message).toString('latin1')
    }
    const texts = Array.from({ length: 50 }, (_, i) => `{"version":"1.1","host":"h","short_message":"message ${i}"}`)
    const payloads = texts.map((text) => [Buffer.from(text), gzipSync(text), deflateSync(text)])
    for (let i = 0, nowMs = 0; i < mutations; i++) {
      const random = new SeededRandom(mutationSeed + i)
      nowMs += random.between(0, 50)
      if (i % 50 === 0) datagrams.sweep(nowMs)
      const text = random.between(0, texts.length - 1)
      const payload = random.pick(payloads[text] ?? [])
      const id = random.pick(['one', `${i}`])
      const bad = random.pick([[payload], chunked(payload, 2, id), chunked(payload, 9, id)])
      const steps = [
        ...bad.map((part) => ({ part: mutated(random, part, tokens), sender: `bad ${i % 5}`, at: random.next() })),
        ...chunked(payload, 3, `${i}`).map((part) => ({ part, sender: 'good', at: random.next() })),
      ].sort((one, other) => one.at - other.at)
      const found = steps.map(({ part, sender }) => {
        const message = push(part, sender, nowMs)
        return sender === 'good' ? message : undefined
      })
      const again = `run again with KINLOADER_SEED=${mutationSeed + i}`
      assert.deepEqual(
        found.filter((message) => message !== undefined),
        [texts[text]],
        again,
      )
    }
    const lost = Object.entries(counters.snapshot())
      .filter(([name]) => /^(dropped|discarded)\./.test(name))
      .reduce((sum, [, amount]) => sum + amount, 0)
    assert.equal(counters.get('received'), messages + lost)
  })
})

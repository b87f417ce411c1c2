import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { type GzipMember, GzipMembers } from '../../src/codecs/gzip-members.ts'
import { errorCode } from '../../src/core/errors.ts'

const told = (members: Iterable<GzipMember>): string[] =>
  [...members].map(
    ({ bytes, error }) => `${bytes.toString('latin1')}${error === undefined ? '' : ` ${errorCode(error)}`}`,
  )

/** A gzip with all that a header may have. */
function decorated(content: string): Buffer {
  const plain = gzipSync(content)
  const extra = Buffer.from([3, 0, 1, 2, 3])
  const header = Buffer.concat([plain.subarray(0, 10), extra, Buffer.from('name\0comment\0'), Buffer.from([7, 7])])
  header[3] = 2 | 4 | 8 | 16
  return Buffer.concat([header, plain.subarray(10)])
}

describe('members out of chunks', () => {
  const contents = ['', 'one', 'two '.repeat(1000), Array.from({ length: 9000 }, Math.cos).join(), 'last']

  it('are the same wherever the chunks begin and end, with any header', () => {
    const whole = Buffer.concat(contents.map((content, i) => (i % 2 === 0 ? gzipSync(content) : decorated(content))))
    fc.assert(
      fc.property(fc.array(fc.nat({ max: whole.length }), { maxLength: 6 }), fc.boolean(), (cuts, pauses) => {
        const members = new GzipMembers()
        const borders = [0, ...cuts.sort((a, b) => a - b), whole.length]
        const found: string[] = []
        for (const [i, start] of borders.entries()) {
          found.push(...told(members.push(whole.subarray(start, borders[i + 1]))))
          if (pauses) found.push(...told(members.quiet()))
        }
        found.push(...told(members.end()))
        assert.deepEqual(found, contents)
      }),
      { numRuns: 50 },
    )
  })

  it('are there at once when nothing more comes', () => {
    const members = new GzipMembers()
    const one = gzipSync('one')
    assert.deepEqual(told(members.push(one.subarray(0, 12))), [])
    assert.deepEqual(told(members.push(one.subarray(12))), [])
    assert.deepEqual(told(members.quiet()), ['one'])
    assert.deepEqual(told(members.push(gzipSync('two'))), ['two'])
    assert.deepEqual(told(members.end()), [])
  })

  it('are found again behind a damage, and what came before it is kept', () => {
    const text = Array.from({ length: 3000 }, (_, number) => `line ${number} ${Math.sin(number)}`).join('\n')
    const damaged = gzipSync(text)
    const half = damaged.length >> 1
    damaged[half] = (damaged[half] ?? 0) ^ 0xff
    const wrongSum = gzipSync('sum')
    wrongSum[wrongSum.length - 8] = (wrongSum[wrongSum.length - 8] ?? 0) ^ 1
    const all = Buffer.concat([gzipSync('a'), damaged, wrongSum, Buffer.from('garbage'), gzipSync('b')])
    for (const size of [all.length, 1000]) {
      const members = new GzipMembers()
      const found: GzipMember[] = []
      for (let at = 0; at < all.length; at += size) found.push(...members.push(all.subarray(at, at + size)))
      found.push(...members.end())
      const [a, middle, sum, garbage, b] = found
      assert.deepEqual(told(found.filter((member) => member !== middle)), ['a', 'sum GZIP_DAMAGED', ' NO_GZIP', 'b'])
      assert.equal(errorCode(middle?.error), 'GZIP_DAMAGED')
      assert.equal(middle?.bytes.toString('latin1', 0, 20_000), text.slice(0, 20_000))
      const raw = [a, middle, sum, garbage, b].map((member) => member?.raw ?? Buffer.alloc(0))
      assert.ok(Buffer.concat(raw).equals(all), 'nothing of the input is left out')
    }
  })

  it('are never silently cut short', () => {
    const one = gzipSync('one '.repeat(50))
    for (let length = 1; length < one.length; length++) {
      const members = new GzipMembers()
      const found = [...members.push(one.subarray(0, length)), ...members.end()]
      assert.equal(found.length, 1, String(length))
      assert.ok(found[0]?.error !== undefined, String(length))
    }
  })

  it('are bounded: one that inflates without end, and one that does not end', () => {
    const bomb = gzipSync(Buffer.alloc(40 * 1024 * 1024))
    const members = new GzipMembers()
    const [big, next] = [...members.push(Buffer.concat([bomb, gzipSync('next')])), ...members.end()]
    assert.equal(errorCode(big?.error), 'INFLATE_LIMIT')
    assert.equal(next?.bytes.toString(), 'next')

    const endless = new GzipMembers({ maxMemberBytes: 1000 })
    const stored = gzipSync(Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7919) % 251)), { level: 0 })
    assert.equal(errorCode([...endless.push(stored.subarray(0, 1500))][0]?.error), 'GZIP_DAMAGED')
  })

  it('are given up when they are something else all the way', () => {
    const members = new GzipMembers()
    const fakes = Buffer.concat([
      gzipSync('x'),
      ...Array.from({ length: 1100 }, () => Buffer.from([0x1f, 0x8b, 8, 0xff])),
    ])
    assert.throws(
      () => [...members.push(fakes), ...members.end()],
      (error) => errorCode(error) === 'NO_GZIP',
    )
  })
})

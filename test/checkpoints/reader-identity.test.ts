import assert from 'node:assert/strict'
import fc from 'fast-check'
import { plainName, readerKey } from '../../src/checkpoints/reader-identity.ts'

const part = fc.oneof(
  fc.constantFrom('app', 'App', 'a.b', 'a', 'b', '', 'us-east-1', 'a/b', 'é', 'a'.repeat(60), 'a'.repeat(61)),
  fc.string(),
)

describe('names of a reader', () => {
  it('are plain where that is unambiguous', () => {
    assert.equal(plainName(['us-east-1', 'app-logs', 'main'], 180), 'us-east-1.app-logs.main')
    assert.equal(plainName(['us-east-1', 'app', ''], 180), 'us-east-1.app')
  })

  it('show the stream of an ARN', () => {
    const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/app'
    assert.match(plainName(['us-east-1', arn], 180), /^us-east-1\.app-[0-9a-f]{12}$/)
  })

  it('are legal, short enough, and equal only for equal parts, capitals folded', () => {
    fc.assert(
      fc.property(fc.tuple(part, part, part), fc.tuple(part, part, part), (one, other) => {
        const [first, second] = [plainName(one, 60), plainName(other, 60)]
        assert.match(first, /^[A-Za-z0-9_.-]{1,60}$/)
        const same = one.every((text, at) => text === other[at])
        assert.equal(first.toLowerCase() === second.toLowerCase(), same)
        const [key, otherKey] = [one, other].map(([region, stream, checkpointName]) =>
          readerKey({ region, stream, checkpointName }),
        )
        assert.equal(key === otherKey, same)
      }),
      { numRuns: 2000 },
    )
  })
})

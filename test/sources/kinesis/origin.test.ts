import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { StreamSummary } from '../../../src/clients/kinesis-stream.ts'
import {
  formatOrigin,
  isSameStream,
  type Origin,
  originStart,
  parseOrigin,
} from '../../../src/sources/kinesis/origin.ts'

const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders'
const createdMs = Date.UTC(2026, 0, 1)

function summary(changes: Partial<StreamSummary> = {}): StreamSummary {
  return {
    arn,
    name: 'orders',
    status: 'ACTIVE',
    createdMs,
    retentionMs: 86_400_000,
    serverTimeMs: undefined,
    ...changes,
  }
}

describe('where a reader began', () => {
  it('is text in a store, and the same again', () => {
    const times = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })
    const origins: fc.Arbitrary<Origin> = fc
      .tuple(fc.string(), fc.option(times, { nil: undefined }), fc.option(times, { nil: undefined }))
      .map(([name, created, since]) => ({
        arn: name,
        createdMs: created,
        start: since === undefined ? { kind: 'horizon' } : { kind: 'time', timeMs: since },
      }))
    fc.assert(
      fc.property(origins, (origin) => {
        assert.deepEqual(parseOrigin(formatOrigin(origin)), origin)
      }),
    )
  })

  it('is written as JSON with times people can read', () => {
    const start = { kind: 'time', timeMs: createdMs + 1500 } as const
    assert.equal(
      formatOrigin({ arn, createdMs, start }),
      `{"arn":"${arn}","created":"2026-01-01T00:00:00.000Z","since":"2026-01-01T00:00:01.500Z"}`,
    )
    assert.equal(formatOrigin({ arn, createdMs: undefined, start: { kind: 'horizon' } }), `{"arn":"${arn}"}`)
  })

  it('is not read from what no reader wrote', () => {
    const others = [
      '',
      '{',
      'null',
      '7',
      '"arn"',
      '[]',
      '{}',
      '{"arn":7}',
      '{"arn":"a","created":"x"}',
      '{"arn":"a","since":null}',
    ]
    for (const text of others) assert.equal(parseOrigin(text), undefined, text)
  })

  it('is never the tip, which moves, but the time at which it was asked for', () => {
    assert.deepEqual(originStart({ kind: 'latest' }, 1234), { kind: 'time', timeMs: 1234 })
    assert.deepEqual(originStart({ kind: 'time', timeMs: 99 }, 1234), { kind: 'time', timeMs: 99 })
    assert.deepEqual(originStart({ kind: 'trim_horizon' }, 1234), { kind: 'horizon' })
  })

  it('tells a stream which was created anew under the same name, in another account or region', () => {
    const origin: Origin = { arn, createdMs, start: { kind: 'horizon' } }
    assert.equal(isSameStream(origin, summary()), true)
    assert.equal(isSameStream(origin, summary({ createdMs: createdMs + 999 })), true, 'some tell whole seconds')
    assert.equal(isSameStream(origin, summary({ createdMs: createdMs + 1000 })), false)
    assert.equal(isSameStream(origin, summary({ createdMs: createdMs - 1000 })), false)
    assert.equal(isSameStream(origin, summary({ arn: arn.replace('us-east-1', 'eu-west-1') })), false)
  })

  it('goes by the ARN alone where the age is not told', () => {
    const origin: Origin = { arn, createdMs: undefined, start: { kind: 'horizon' } }
    assert.equal(isSameStream(origin, summary()), true)
    assert.equal(isSameStream({ ...origin, createdMs }, summary({ createdMs: undefined })), true)
    assert.equal(isSameStream(origin, summary({ arn: 'other' })), false)
  })
})

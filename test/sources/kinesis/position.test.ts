import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  formatPosition,
  iteratorStart,
  parsePosition,
  type ShardPosition,
} from '../../../src/sources/kinesis/position.ts'

const sequenceNumber = '49590338271490256608559692538361571095921575989136588898'
const timeMs = Date.UTC(2026, 0, 1, 12, 30, 15, 250)

const times = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })
const positions: fc.Arbitrary<ShardPosition> = fc.oneof(
  fc.constant({ kind: 'horizon' } as const),
  fc.constant({ kind: 'end' } as const),
  times.map((ms) => ({ kind: 'time', timeMs: ms }) as const),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 56n }), fc.option(times, { nil: undefined }))
    .map(([number, arrivedMs]) => ({ kind: 'after', sequenceNumber: String(number), arrivedMs }) as const),
)

describe('the position in a shard', () => {
  it('is text in a store, and the same again', () => {
    fc.assert(
      fc.property(positions, (position) => {
        assert.deepEqual(parsePosition(formatPosition(position)), position)
      }),
    )
  })

  for (const [position, text] of [
    [{ kind: 'horizon' }, 'TRIM_HORIZON'],
    [{ kind: 'time', timeMs }, 'AT_TIMESTAMP 2026-01-01T12:30:15.250Z'],
    [{ kind: 'after', sequenceNumber }, sequenceNumber],
    [{ kind: 'after', sequenceNumber, arrivedMs: timeMs }, `${sequenceNumber} 2026-01-01T12:30:15.250Z`],
    [{ kind: 'end' }, 'SHARD_END'],
  ] as const) {
    it(`is written as ${text.slice(0, 20)}`, () => {
      assert.equal(formatPosition(position), text)
    })
  }

  it('is read from a bare sequence number, as kinlog left it', () => {
    assert.deepEqual(parsePosition(sequenceNumber), { kind: 'after', sequenceNumber, arrivedMs: undefined })
  })

  it('is not read from anything else', () => {
    const others = [
      '',
      'LATEST',
      '-1',
      '12a',
      'AT_TIMESTAMP',
      'AT_TIMESTAMP soon',
      `${sequenceNumber} soon`,
      ' 1',
      '{}',
    ]
    for (const text of others) assert.equal(parsePosition(text), undefined, text)
  })

  it('says what to ask Kinesis for, and nothing at the end', () => {
    assert.deepEqual(iteratorStart({ kind: 'horizon' }), { type: 'TRIM_HORIZON' })
    assert.deepEqual(iteratorStart({ kind: 'time', timeMs }), { type: 'AT_TIMESTAMP', timeMs })
    assert.deepEqual(iteratorStart({ kind: 'after', sequenceNumber, arrivedMs: timeMs }), {
      type: 'AFTER_SEQUENCE_NUMBER',
      sequenceNumber,
    })
    assert.equal(iteratorStart({ kind: 'end' }), undefined)
  })
})

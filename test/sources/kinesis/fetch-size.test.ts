import assert from 'node:assert/strict'
import fc from 'fast-check'
import { FetchSize } from '../../../src/sources/kinesis/fetch-size.ts'

const KiB = 1024
const MiB = 1024 * KiB

function learned(...answers: (readonly [bytes: number, records: number, caughtUp: boolean])[]): FetchSize {
  const size = new FetchSize()
  for (const answer of answers) size.learn(...answer)
  return size
}

describe('the size of a fetch', () => {
  it('begins with few records and room for 2 MiB of them', () => {
    const size = new FetchSize()
    assert.deepEqual([size.limit, size.reserveBytes], [100, 2 * 1024 * 1024])
  })

  it('stays so while answers are empty', () => {
    const size = learned([0, 0, false], [0, 0, false])
    assert.deepEqual([size.limit, size.reserveBytes], [100, 2 * 1024 * 1024])
  })

  it('asks for about 1 MiB, and reserves a quarter more', () => {
    const size = learned([100 * 25 * KiB, 100, false])
    assert.equal(size.limit, Math.floor(MiB / (25 * KiB)))
    assert.equal(size.reserveBytes, Math.ceil(1.25 * MiB))
  })

  it('asks for one record where one is larger than that, and for no more than 10,000', () => {
    const large = learned([5 * MiB, 1, false])
    assert.deepEqual([large.limit, large.reserveBytes], [1, Math.ceil(1.25 * 5 * MiB)])
    assert.equal(learned([10 * MiB, 1, false]).reserveBytes, 10 * MiB, 'AWS gives no more')
    assert.equal(learned([1000, 1000, false]).limit, 10_000)
    assert.equal(learned([0, 5, false]).limit, 10_000, 'records without data')
  })

  it('follows the mean of what comes', () => {
    const size = learned([100 * KiB, 100, false], [300 * KiB, 100, false])
    assert.equal(size.limit, 512)
    size.learn(0, 0, true)
    assert.equal(size.limit, 512, 'an empty answer teaches nothing')
  })

  it('reserves little once it is caught up: twice the last answer, at least 64 KiB', () => {
    assert.equal(learned([0, 0, true]).reserveBytes, 64 * KiB)
    assert.equal(learned([100 * KiB, 10, true]).reserveBytes, 200 * KiB)
    assert.equal(learned([9 * MiB, 10, true]).reserveBytes, 10 * MiB)
    assert.equal(learned([100 * KiB, 10, true], [MiB, 100, false]).reserveBytes, Math.ceil(1.25 * MiB))
  })

  it('keeps within what AWS takes, whatever comes', () => {
    const answer = fc.tuple(fc.nat(10 * MiB), fc.nat(10_000), fc.boolean())
    fc.assert(
      fc.property(fc.array(answer), (answers) => {
        const { limit, reserveBytes } = learned(...answers)
        assert.ok(Number.isInteger(limit) && limit >= 1 && limit <= 10_000, `${limit}`)
        assert.ok(Number.isInteger(reserveBytes) && reserveBytes >= 64 * KiB && reserveBytes <= 10 * MiB)
      }),
    )
  })

  it('asks for as much as it is told', () => {
    const size = new FetchSize(4 * 1024 * 1024)
    size.learn(100_000, 100, false)
    assert.equal(size.limit, 4194)
    assert.equal(size.reserveBytes, Math.ceil(1.25 * 4 * 1024 * 1024))
  })
})

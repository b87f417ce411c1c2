import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Watermark } from '../../src/core/watermark.ts'

describe('Watermark', () => {
  it('advances over what is acked without a gap, and only forwards', () => {
    const seen: number[] = []
    const watermark = new Watermark<number>((position) => seen.push(position))
    const [one, two, three] = [1, 2, 3].map((position) => watermark.open(position))
    two?.()
    assert.deepEqual(seen, [])
    one?.()
    assert.deepEqual(seen, [2])
    one?.()
    three?.()
    assert.deepEqual(seen, [2, 3])
    assert.equal(watermark.size, 0)
  })

  it('never passes a position which is not acked, in whatever order acks come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.infiniteStream(fc.nat()), (count, picks) => {
        let reached = -1
        const acked = new Set<number>()
        const watermark = new Watermark<number>((position) => {
          assert.ok(position > reached)
          for (let i = 0; i <= position; i += 1) assert.ok(acked.has(i), `${i} is not acked`)
          reached = position
        })
        const acks = Array.from({ length: count }, (_, i) => ({ i, ack: watermark.open(i) }))
        while (acks.length > 0) {
          const [next] = acks.splice(Number(picks.next().value) % acks.length, 1)
          acked.add(next?.i ?? -1)
          next?.ack()
        }
        assert.equal(reached, count - 1)
      }),
    )
  })
})

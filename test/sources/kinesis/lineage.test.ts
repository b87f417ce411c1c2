import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Lineage } from '../../../src/sources/kinesis/lineage.ts'
import type { ShardInfo } from '../../../src/sources/kinesis/shard-info.ts'

function shard(shardId: string, ...parentIds: string[]): ShardInfo {
  return { shardId, parentIds }
}

const ids = (shards: readonly ShardInfo[]): string[] => shards.map(({ shardId }) => shardId).sort()

/** Shards in the order of their birth, each with up to two earlier ones as its parents. */
const families = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(2)), { minLength: 1, maxLength: 30 }).map((births) =>
  births.map(([one, other, parents], index) => {
    const known = index === 0 ? [] : [one % index, other % index].slice(0, parents)
    return shard(`shard ${index}`, ...new Set(known.map((parent) => `shard ${parent}`)))
  }),
)

describe('the lineage of shards', () => {
  it('gives each shard to be read once, after all of its listed parents are drained, in whatever order they are listed', () => {
    fc.assert(
      fc.property(families, fc.infiniteStream(fc.nat()), fc.nat(29), (family, choices, unlisted) => {
        const listed = family.filter((_, index) => index !== unlisted)
        const choice = (): number => {
          const next = choices.next()
          return next.done === true ? 0 : next.value
        }
        const shuffled = listed.map((info) => ({ info, key: choice() }))
        const order = shuffled.sort((a, b) => a.key - b.key).map(({ info }) => info)
        const lineage = new Lineage()
        lineage.add(order)
        const [reading, drained]: [string[], Set<string>] = [[], new Set()]
        const given: string[] = []
        for (;;) {
          for (const { shardId, parentIds } of lineage.takeReady()) {
            for (const parentId of parentIds) {
              if (lineage.has(parentId)) assert.ok(drained.has(parentId), `${shardId} before ${parentId}`)
            }
            reading.push(shardId)
            given.push(shardId)
          }
          if (reading.length === 0) break
          const [done = ''] = reading.splice(choice() % reading.length, 1)
          lineage.drain(done)
          drained.add(done)
        }
        assert.deepEqual(given.sort(), ids(listed))
      }),
    )
  })

  it('lets a merged child wait for both parents', () => {
    const lineage = new Lineage()
    lineage.add([shard('child', 'a', 'b'), shard('a'), shard('b')])
    assert.deepEqual(ids(lineage.takeReady()), ['a', 'b'])
    assert.deepEqual(lineage.unfinishedParents('child'), ['a', 'b'])
    lineage.drain('b')
    assert.deepEqual(lineage.takeReady(), [])
    assert.deepEqual(lineage.unfinishedParents('child'), ['a'])
    lineage.drain('a')
    assert.deepEqual(ids(lineage.takeReady()), ['child'])
    assert.deepEqual(lineage.takeReady(), [])
  })

  it('does not wait for a parent which is not listed, or leaves the list', () => {
    const lineage = new Lineage()
    lineage.add([shard('child', 'expired', 'parent'), shard('parent')])
    assert.deepEqual(ids(lineage.takeReady()), ['parent'])
    lineage.remove('parent')
    assert.deepEqual(ids(lineage.takeReady()), ['child'])
    assert.deepEqual(lineage.shardIds(), ['child'])
  })

  it('tells which shards of a listing are new, and learns the end of those it knows', () => {
    const lineage = new Lineage()
    assert.deepEqual(ids(lineage.add([shard('a'), shard('b')])), ['a', 'b'])
    lineage.takeReady()
    lineage.drain('b')
    const closed = { ...shard('a'), endingSequenceNumber: '7' }
    assert.deepEqual(lineage.add([closed, shard('b'), shard('c')]), [shard('c')])
    assert.deepEqual(lineage.get('a'), closed)
    assert.deepEqual([lineage.isDrained('a'), lineage.isDrained('b')], [false, true], 'states are kept')
    lineage.add([shard('a')])
    assert.equal(lineage.get('a')?.endingSequenceNumber, '7', 'a parent’s answer does not know ends')
  })

  it('knows nothing of shards it was not told of', () => {
    const lineage = new Lineage()
    lineage.drain('a')
    lineage.remove('a')
    assert.deepEqual([lineage.has('a'), lineage.get('a'), lineage.isDrained('a')], [false, undefined, false])
    assert.deepEqual([lineage.unfinishedParents('a'), lineage.takeReady()], [[], []])
  })
})

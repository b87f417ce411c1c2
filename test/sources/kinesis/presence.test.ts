import assert from 'node:assert/strict'
import { Presence } from '../../../src/sources/kinesis/presence.ts'

describe('the presence of a reader', () => {
  it('is its name and a growing count', () => {
    const presence = new Presence('one')
    assert.deepEqual([presence.beat(), presence.beat()], ['{"reader":"one","count":1}', '{"reader":"one","count":2}'])
  })

  it('is not disturbed by what was there before it wrote itself: a former life, most likely', () => {
    const presence = new Presence('one')
    assert.equal(presence.rival(new Presence('before').beat()), undefined)
  })

  it('finds another which wrote after it', () => {
    const [one, two] = [new Presence('one'), new Presence('two')]
    assert.equal(one.rival(one.beat()), undefined)
    const stored = two.beat()
    assert.equal(one.rival(stored), 'two')
    assert.equal(two.rival(stored), undefined)
    assert.equal(two.rival(one.beat()), 'one', 'both notice')
  })

  it('finds none in what no reader wrote', () => {
    const presence = new Presence('one')
    presence.beat()
    for (const stored of [undefined, '', '{', 'null', '7', '[]', '{}']) {
      assert.equal(presence.rival(stored), undefined, String(stored))
    }
  })
})

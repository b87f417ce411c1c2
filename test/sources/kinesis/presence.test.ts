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

  it('finds another which goes on writing', () => {
    const [one, two] = [new Presence('one'), new Presence('two')]
    assert.equal(one.rival(one.beat()), undefined)
    assert.equal(one.rival(two.beat()), undefined, 'it may be dead')
    assert.equal(one.rival(two.beat()), 'two')
    const stored = two.beat()
    assert.equal(two.rival(stored), undefined)
    assert.equal(two.rival(one.beat()), undefined)
    assert.equal(two.rival(one.beat()), 'one', 'both notice')
  })

  it('takes a name which never changes for a dead one, however often it is seen', () => {
    const presence = new Presence('one')
    const stored = new Presence('before').beat()
    presence.beat()
    for (let i = 0; i < 5; i += 1) assert.equal(presence.rival(stored), undefined)
  })

  it('finds none in what no reader wrote', () => {
    const presence = new Presence('one')
    presence.beat()
    for (const stored of [undefined, '', '{', 'null', '7', '[]', '{}']) {
      assert.equal(presence.rival(stored), undefined, String(stored))
    }
  })
})

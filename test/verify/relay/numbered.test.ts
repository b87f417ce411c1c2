import assert from 'node:assert/strict'
import { assertNumbered, compareNumbered } from './numbered.ts'

const text = (n: number): string => `<13>n=${String(n).padStart(6, '0')} text`

describe('the comparison of numbered messages', () => {
  it('finds nothing where each came once, in order', () => {
    assertNumbered({ last: 2 }, [0, 1, 2].map(text))
    assertNumbered({ first: 1, last: 2, pattern: /#(\d+)/ }, ['#1', '#2'])
  })

  it('tells what is missing, repeated, out of order, and nobody sent', () => {
    const got = [...[0, 1, 1, 4, 3, 8].map(text), 'none', text(10)]
    assert.deepEqual(compareNumbered({ last: 9 }, got), {
      missing: ['2', '5-7', '9'],
      repeated: ['1'],
      outOfOrder: ['3'],
      strangers: ['none', text(10)],
    })
  })

  it('tells a few, and what may explain them', () => {
    const [, , ...rest] = compareNumbered({ last: 99 }, []).missing
    assert.deepEqual(rest, [])
    const odd = Array.from({ length: 50 }, (_, i) => text(2 * i + 1))
    assert.deepEqual(compareNumbered({ last: 99 }, odd).missing.slice(9), ['18', 'and 40 more'])
    assert.throws(() => {
      assertNumbered({ last: 1 }, [text(1)], () => '17 dropped')
    }, /17 dropped/)
  })
})

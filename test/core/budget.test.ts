import assert from 'node:assert/strict'
import { Budget } from '../../src/core/budget.ts'

describe('Budget', () => {
  const never = new AbortController().signal

  it('lets nobody in while it is full, and serves in the order of arrival', async () => {
    const budget = new Budget(100)
    const first = await budget.reserve(80, never)
    const order: string[] = []
    const large = budget.reserve(60, never).then((held) => {
      order.push('large')
      return held
    })
    const small = budget.reserve(10, never).then((held) => {
      order.push('small')
      return held
    })
    assert.equal(budget.waiting, 2)
    first?.free()
    await Promise.all([large, small])
    assert.deepEqual(order, ['large', 'small'])
    assert.equal(budget.usedBytes, 70)
  })

  it('counts a corrected size, and delays the next when it has grown', async () => {
    const budget = new Budget(100)
    const held = await budget.reserve(10, never)
    held?.resize(150)
    assert.equal(budget.usedBytes, 150)
    const next = budget.reserve(1, never)
    assert.equal(budget.waiting, 1)
    held?.resize(20)
    assert.equal((await next)?.bytes, 1)
  })

  it('takes more than it has for all it has', async () => {
    const budget = new Budget(100)
    assert.equal((await budget.reserve(1000, never))?.bytes, 100)
  })

  it('gives back once, however often it is freed', async () => {
    const budget = new Budget(100)
    const held = await budget.reserve(10, never)
    held?.free()
    held?.free()
    held?.resize(50)
    assert.equal(budget.usedBytes, 0)
  })

  it('lets a waiter go who aborts, and those behind pass', async () => {
    const budget = new Budget(100)
    const held = await budget.reserve(90, never)
    const abort = new AbortController()
    const impatient = budget.reserve(50, abort.signal)
    const behind = budget.reserve(10, never)
    abort.abort()
    assert.equal(await impatient, undefined)
    assert.equal((await behind)?.bytes, 10)
    held?.free()
    assert.equal(budget.usedBytes, 10)
    assert.equal(await budget.reserve(1, abort.signal), undefined)
  })
})

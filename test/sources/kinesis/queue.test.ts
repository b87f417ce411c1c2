import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { DeliveryQueue } from '../../../src/sources/kinesis/queue.ts'
import { hasSettled } from '../../contracts/sink.ts'

const live = new AbortController().signal

describe('the queue of deliveries', () => {
  it('gives what was pushed, in order', async () => {
    const queue = new DeliveryQueue<number>()
    for (const item of [1, 2, 3]) queue.push(item)
    assert.deepEqual([await queue.take(live), await queue.take(live), await queue.take(live)], [1, 2, 3])
  })

  it('waits for the next', async () => {
    const queue = new DeliveryQueue<number>()
    const taken = queue.take(live)
    assert.equal(await hasSettled(taken), false)
    queue.push(1)
    assert.equal(await taken, 1)
  })

  it('ends waiting with its signal, and takes nothing after it', async () => {
    const queue = new DeliveryQueue<number>()
    const stop = new AbortController()
    const taken = queue.take(stop.signal)
    stop.abort()
    assert.equal(await taken, undefined)
    queue.push(1)
    assert.equal(await queue.take(stop.signal), undefined)
  })

  it('ends behind what was queued then, also for who is waiting', async () => {
    const queue = new DeliveryQueue<number>()
    queue.push(1)
    queue.push(2)
    queue.end()
    queue.push(3)
    queue.end()
    assert.deepEqual([await queue.take(live), await queue.take(live)], [1, 2])
    assert.equal(await queue.take(live), undefined)
    const empty = new DeliveryQueue<number>()
    const taken = empty.take(live)
    empty.end()
    assert.equal(await taken, undefined)
  })

  it('fails at once, whatever is queued, and from then on, with the first error', async () => {
    const queue = new DeliveryQueue<number>()
    queue.push(1)
    queue.fail(new Error('first'))
    queue.fail(new Error('second'))
    for (let i = 0; i < 2; i += 1) await assert.rejects(queue.take(live), { message: 'first' })
  })

  it('fails who is waiting', async () => {
    const queue = new DeliveryQueue<number>()
    const taken = queue.take(live)
    queue.fail(new Error('first'))
    await assert.rejects(taken, { message: 'first' })
  })

  it('leaves no listener behind', async () => {
    const queue = new DeliveryQueue<number>()
    for (let item = 0; item < 50; item += 1) {
      const taken = queue.take(live)
      queue.push(item)
      await taken
    }
    assert.equal(getEventListeners(live, 'abort').length, 0)
  })
})

import assert from 'node:assert/strict'
import { errorCode, KinloaderError } from '../../../src/core/errors.ts'
import { SpoolPatience } from '../../../src/sinks/kinesis/spool-patience.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

/** A spool with room for so many appends. */
class Shelf {
  readonly clock = new VirtualClock()
  readonly patience = new SpoolPatience(this.clock)
  readonly taken: number[] = []
  room = 0
  attempts = 0
  /** Appends which were made together, time after time. */
  readonly groups: number[] = []
  #inFlight = 0

  put(number: number, signal?: AbortSignal): Promise<number> {
    return this.patience.wait(() => this.#append(number), signal)
  }

  async #append(number: number): Promise<number> {
    this.attempts += 1
    if (this.room === 0) throw new KinloaderError('SPOOL_FULL', 'full', { retryable: true })
    this.room -= 1
    this.#inFlight += 1
    await Promise.resolve()
    if (this.#inFlight > 0) this.groups.push(this.#inFlight)
    this.#inFlight = 0
    this.taken.push(number)
    return number
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => '', errorCode)

describe('the patience with a full spool', () => {
  it('lets one try while it is full, and more and more together once there is room', async () => {
    const shelf = new Shelf()
    const all = Promise.all(Array.from({ length: 1000 }, (_, number) => shelf.put(number)))
    await shelf.clock.advance(10_000)
    assert.equal(shelf.attempts, 11)
    assert.ok(shelf.patience.isNeeded)
    shelf.room = Infinity
    shelf.patience.tryAgain()
    await all
    assert.deepEqual(shelf.groups, [1, 2, 4, 8, 16, 32, 64, 128, 256, 489])
    assert.deepEqual(
      shelf.taken,
      Array.from({ length: 1000 }, (_, number) => number),
    )
    await shelf.clock.advance(1)
    assert.ok(!shelf.patience.isNeeded)
  })

  it('puts back in order who is refused again', async () => {
    const shelf = new Shelf()
    const all = Promise.all(Array.from({ length: 50 }, (_, number) => shelf.put(number)))
    while (shelf.taken.length < 50) {
      shelf.room = 3
      await shelf.clock.advance(1000)
    }
    await all
    assert.deepEqual(
      shelf.taken,
      Array.from({ length: 50 }, (_, number) => number),
    )
  })

  it('serves who comes when all others have just been served', async () => {
    const shelf = new Shelf()
    shelf.room = Infinity
    await shelf.put(1)
    await shelf.put(2).then(() => shelf.put(3))
    assert.deepEqual(shelf.taken, [1, 2, 3])
  })

  it('lets go who gives up, wherever they stand', async () => {
    const shelf = new Shelf()
    const [first, third] = [new AbortController(), new AbortController()]
    const codes = Promise.all([
      codeOf(shelf.put(1, first.signal)),
      codeOf(shelf.put(2)),
      codeOf(shelf.put(3, third.signal)),
    ])
    third.abort()
    first.abort()
    await shelf.clock.advance(1000)
    shelf.room = Infinity
    await shelf.clock.advance(1000)
    assert.deepEqual(await codes, ['ABORTED', '', 'ABORTED'])
    assert.deepEqual(shelf.taken, [2])
  })

  it('gives all the reason at the end, also whose attempt is under way', async () => {
    const shelf = new Shelf()
    const codes = Promise.all([codeOf(shelf.put(1)), codeOf(shelf.put(2))])
    shelf.patience.end(new KinloaderError('CLOSED', 'over'))
    assert.deepEqual(await codes, ['CLOSED', 'CLOSED'])
    shelf.room = 1
    assert.equal(await codeOf(shelf.put(3)), 'CLOSED')
    assert.deepEqual(shelf.taken, [])
  })

  it('rejects as the append does where waiting does not help', async () => {
    const shelf = new Shelf()
    const denied = (): Promise<never> => Promise.reject(new KinloaderError('SPOOL_DENIED', 'denied'))
    assert.equal(await codeOf(shelf.patience.wait(denied)), 'SPOOL_DENIED')
    shelf.room = 1
    assert.equal(await shelf.put(1), 1)
  })
})

import assert from 'node:assert/strict'
import { errorCode } from '../../../src/core/errors.ts'
import { garbageCollector } from '../../../src/host/garbage-collection.ts'
import { WaitingLine } from '../../../src/sinks/kinesis/waiting-line.ts'

interface Place {
  readonly line: WaitingLine
  room: number
  readonly served: number[]
  readonly join: (number: number, bytes?: number, signal?: AbortSignal) => Promise<void>
}

function place(): Place {
  const served: number[] = []
  const here: Place = {
    line: new WaitingLine((bytes) => bytes <= here.room),
    room: 0,
    served,
    join: (number, bytes = 1, signal) =>
      here.line.join(
        bytes,
        () => {
          here.room -= bytes
          served.push(number)
          return Promise.resolve()
        },
        signal,
      ),
  }
  return here
}

const codeOf = (promise: Promise<void>): Promise<string> => promise.then(() => '', errorCode)

describe('a waiting line', () => {
  it('serves in order, however many wait', async () => {
    const here = place()
    const { line, served } = here
    // To take the first off an array this long moves all others: minutes for all of them.
    const count = 300_000
    const all = Array.from({ length: count }, (_, number) => here.join(number))
    for (let step = 0; !line.isEmpty; step++) {
      here.room = 1 + (step % 7)
      line.serve()
    }
    await Promise.all(all)
    assert.equal(line.bytes, 0)
    assert.equal(served.length, count)
    assert.ok(served.every((number, i) => number === i))
  })

  it('lets go of what was served, also before the line is cut', async () => {
    const here = place()
    const collect = garbageCollector()
    const events = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const event = { message: Buffer.alloc(1000) }
        const taken = here.line.join(1, () => Promise.resolve(event.message.length))
        here.room = 1
        here.line.serve()
        await taken
        return new WeakRef(event)
      }),
    )
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    assert.equal(events.filter((event) => event.deref() !== undefined).length, 0)
  })

  it('lets nobody past who needs less', () => {
    const here = place()
    void here.join(1, 10)
    void here.join(2, 1)
    here.room = 5
    here.line.serve()
    assert.deepEqual(here.served, [])
    here.room = 11
    here.line.serve()
    assert.deepEqual(here.served, [1, 2])
  })

  it('goes on with the next when the first leaves', async () => {
    const here = place()
    const leaving = new AbortController()
    const first = here.join(1, 10, leaving.signal)
    const second = here.join(2, 1)
    here.room = 5
    leaving.abort()
    await second
    assert.equal(await codeOf(first), 'ABORTED')
    assert.deepEqual(here.served, [2])
    assert.equal(here.line.bytes, 0)
    assert.equal(await codeOf(here.join(3, 1, AbortSignal.abort())), 'ABORTED')
    assert.ok(here.line.isEmpty)
  })

  it('refuses all at the end', async () => {
    const here = place()
    const all = [here.join(1), here.join(2)]
    here.line.refuse(Object.assign(new Error('over'), { code: 'CLOSED' }))
    assert.deepEqual(await Promise.all(all.map(codeOf)), ['CLOSED', 'CLOSED'])
    assert.equal(here.line.bytes, 0)
  })
})

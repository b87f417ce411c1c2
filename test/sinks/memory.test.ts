import assert from 'node:assert/strict'
import { KinloaderError } from '../../src/core/errors.ts'
import type { LogEvent } from '../../src/core/event.ts'
import { MemorySink } from '../../src/sinks/memory.ts'
import { hasSettled, sinkContract } from '../contracts/sink.ts'

const live = new AbortController().signal

sinkContract('memory', async () => {
  const sink = new MemorySink<LogEvent>({ byHand: true })
  return {
    sink,
    arrived: async () => sink.items.map(({ message }) => message as string),
    block: () => {
      sink.block()
    },
    unblock: () => {
      sink.unblock()
    },
    settle: async () => {
      sink.settle()
    },
    end: async () => {},
  }
})

describe('memory sink', () => {
  it('makes items safe at once, or by hand', async () => {
    await (await new MemorySink<number>().write([1], live)).safe
    const sink = new MemorySink<number>({ byHand: true })
    const { safe } = await sink.write([1, 2], live)
    assert.deepEqual(sink.items, [1, 2])
    assert.equal(await hasSettled(safe), false)
    sink.settle()
    await safe
  })

  it('breaks when told', async () => {
    const sink = new MemorySink<number>({ byHand: true })
    const { safe } = await sink.write([1], live)
    const failure = new KinloaderError('OUTPUT_CLOSED', 'gone')
    sink.fail(failure)
    await assert.rejects(safe, { code: 'NOT_SETTLED', cause: failure })
    await assert.rejects(sink.write([2], live), failure)
  })
})

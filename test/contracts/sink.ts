import assert from 'node:assert/strict'
import { errorCode } from '../../src/core/errors.ts'
import type { LogEvent } from '../../src/core/event.ts'
import type { Receipt, Sink } from '../../src/core/sink.ts'

/** What an implementation shows to the contract: a sink and the place behind it. */
export interface SinkHarness {
  readonly sink: Sink<LogEvent>
  /** The messages that have arrived, in order. */
  arrived(): Promise<readonly string[]>
  /** The place takes nothing more; the sink may still accept what it can hold (at most some MiB). */
  block(): void
  unblock(): void
  /** Lets happen whatever makes safe what was written until now. */
  settle(): Promise<void>
  /** After each test. */
  end(): Promise<void>
}

const live = new AbortController().signal
const soon = (): AbortSignal => AbortSignal.timeout(50)

/** The contract of `Sink`, for any implementation. */
export function sinkContract(name: string, start: () => Promise<SinkHarness>): void {
  describe(`${name}: the contract of a sink`, () => {
    let harness: SinkHarness
    let sink: Sink<LogEvent>

    beforeEach(async () => {
      harness = await start()
      sink = harness.sink
    })

    afterEach(async () => {
      harness.unblock()
      await sink.close(soon())
      await harness.end()
    })

    /** Writes large events to a blocked place until one is not taken. */
    async function fill(signal: AbortSignal): Promise<{ blocked: Promise<Receipt>; taken: string[] }> {
      const taken: string[] = []
      for (let i = 0; i < 200; i++) {
        const message = `${i} ${'x'.repeat(100_000)}`
        const blocked = sink.write([{ message }], signal)
        blocked.catch(() => undefined)
        if (!(await hasSettled(blocked))) return { blocked, taken }
        taken.push(message)
      }
      throw new assert.AssertionError({ message: 'the sink took 20 MB without giving any away' })
    }

    it('delivers in the order of the calls, whoever waits for them', async () => {
      const numbers = Array.from({ length: 300 }, (_, number) => `event ${number}`)
      const writes: Promise<Receipt>[] = []
      for (let i = 0; i < numbers.length; i += 3) writes.push(sink.write(numbers.slice(i, i + 3).map(event), live))
      await Promise.all(writes)
      await harness.settle()
      assert.deepEqual(await harness.arrived(), numbers)
    })

    it('makes every receipt good, an empty one too', async () => {
      const receipts = [
        await sink.write([event('a')], live),
        await sink.write([], live),
        await sink.write([event('b')], live),
      ]
      await harness.settle()
      await Promise.all(receipts.map(({ safe }) => safe))
      await (await sink.write([], live)).safe
      await sink.flush(live)
    })

    it('holds writers back while nothing is taken, and loses nothing of it', async () => {
      harness.block()
      const { blocked, taken } = await fill(live)
      const after = sink.write([event('after')], live)
      assert.equal(await hasSettled(after), false)
      harness.unblock()
      await Promise.all([blocked, after])
      await harness.settle()
      const arrived = await harness.arrived()
      assert.deepEqual(arrived.slice(0, taken.length), taken)
      assert.equal(arrived.length, taken.length + 2)
      assert.equal(arrived.at(-1), 'after')
    })

    it('lets go of a blocked write when it is aborted, and takes nothing after it', async () => {
      harness.block()
      const abort = new AbortController()
      const { blocked } = await fill(abort.signal)
      const behind = sink.write([event('behind')], live)
      abort.abort()
      await rejectsWith(blocked, 'ABORTED')
      await rejectsWith(behind, 'ABORTED')
      harness.unblock()
      await rejectsWith(sink.write([event('later')], live), 'ABORTED')
      await harness.settle()
      assert.ok(!(await harness.arrived()).some((message) => message === 'behind' || message === 'later'))
    })

    it('takes what stands before an aborted write', async () => {
      harness.block()
      const { blocked } = await fill(live)
      const abort = new AbortController()
      const behind = sink.write([event('behind')], abort.signal)
      abort.abort()
      await rejectsWith(behind, 'ABORTED')
      harness.unblock()
      await blocked
    })

    it('takes nothing under a signal that has aborted', async () => {
      await rejectsWith(sink.write([event('x')], AbortSignal.abort()), 'ABORTED')
      await harness.settle()
      assert.deepEqual(await harness.arrived(), [])
    })

    it('ends a flush at its deadline', async () => {
      harness.block()
      await fill(live)
      const deadline = new AbortController()
      const flushed = sink.flush(deadline.signal)
      deadline.abort()
      await flushed
      await sink.flush(AbortSignal.abort())
    })

    it('closes, twice too, and then takes nothing', async () => {
      const { safe } = await sink.write([event('x')], live)
      await harness.settle()
      await safe
      await Promise.all([sink.close(soon()), sink.close(soon())])
      await sink.close(soon())
      await rejectsWith(sink.write([event('y')], live), 'CLOSED')
      assert.deepEqual(await harness.arrived(), ['x'])
    })

    it('closes at its deadline with the place blocked, and takes back what it had not made good', async () => {
      const { safe } = await sink.write([event('x')], live)
      harness.block()
      const { blocked } = await fill(live)
      const deadline = new AbortController()
      const closed = sink.close(deadline.signal)
      deadline.abort()
      await closed
      await assert.rejects(blocked)
      await rejectsWith(safe, 'NOT_SETTLED')
    })
  })
}

function event(message: string): LogEvent {
  return { message }
}

async function rejectsWith(promise: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(promise, (error) => errorCode(error) === code)
}

/** Whether it settles without anything else happening but what is under way. */
export async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const mark = (): void => {
    settled = true
  }
  promise.then(mark, mark)
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
  return settled
}

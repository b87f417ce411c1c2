import assert from 'node:assert/strict'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { KinloaderError } from '../../src/core/errors.ts'
import { pump, type PumpOptions } from '../../src/core/pump.ts'
import type { Receipt, Sink } from '../../src/core/sink.ts'
import type { Delivery, Source } from '../../src/core/source.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { MemorySink } from '../../src/sinks/memory.ts'
import { hasSettled } from '../contracts/sink.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** Gives deliveries `a`, `b`, … and keeps a diary; then it ends, waits for the abort, or fails. */
class ScriptedSource implements Source<number> {
  readonly name = 'scripted'
  readonly #deliveries: readonly (readonly number[])[]
  readonly #ending: 'end' | 'wait' | Error
  readonly diary: string[]
  closed = 0
  whileClosing: (deadline: AbortSignal) => Promise<void> = async () => {}

  constructor(deliveries: readonly (readonly number[])[], ending: 'end' | 'wait' | Error, diary: string[]) {
    this.#deliveries = deliveries
    this.#ending = ending
    this.diary = diary
  }

  async *read(signal: AbortSignal): AsyncGenerator<Delivery<number>> {
    for (const [index, items] of this.#deliveries.entries()) {
      if (signal.aborted) return
      const lane = String.fromCharCode(97 + index)
      yield {
        lane,
        items,
        bytes: 1,
        release: () => this.diary.push(`release ${lane}`),
        ack: () => this.diary.push(`ack ${lane}`),
      }
    }
    if (this.#ending instanceof Error) throw this.#ending
    if (this.#ending === 'end' || signal.aborted) return
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true })
    })
  }

  async close(deadline: AbortSignal): Promise<void> {
    this.closed += 1
    this.diary.push('close source')
    await this.whileClosing(deadline)
  }

  status(): [] {
    return []
  }
}

/** A memory sink which keeps the same diary. */
class DiarySink implements Sink<string> {
  readonly name = 'diary'
  readonly memory = new MemorySink<string>({ byHand: true })
  readonly writes: (readonly string[])[] = []
  readonly diary: string[]
  closed = 0
  whileClosing: (deadline: AbortSignal) => Promise<void> = async () => {}

  constructor(diary: string[]) {
    this.diary = diary
  }

  async write(items: readonly string[], signal: AbortSignal): Promise<Receipt> {
    this.writes.push([...items])
    const receipt = await this.memory.write(items, signal)
    this.diary.push(`accept ${items.join(' ')}`)
    return receipt
  }

  flush(deadline: AbortSignal): Promise<void> {
    this.diary.push('flush')
    return this.memory.flush(deadline)
  }

  async close(deadline: AbortSignal): Promise<void> {
    this.closed += 1
    this.diary.push('close sink')
    await this.whileClosing(deadline)
    await this.memory.close()
  }
}

interface World {
  readonly diary: string[]
  readonly source: ScriptedSource
  readonly sink: DiarySink
  readonly stop: AbortController
  readonly done: Promise<void>
}

const carried: Promise<void>[] = []

function start(
  deliveries: readonly (readonly number[])[],
  options: Partial<PumpOptions<number, string>> & {
    readonly ending?: 'end' | 'wait' | Error
    readonly prepare?: (sink: DiarySink) => void
  } = {},
): World {
  const { ending = 'wait', prepare, ...rest } = options
  const diary: string[] = []
  const source = new ScriptedSource(deliveries, ending, diary)
  const sink = new DiarySink(diary)
  prepare?.(sink)
  const stop = new AbortController()
  const done = pump({
    source,
    sink,
    decode: (item) => [String(item)],
    clock: systemClock,
    signal: stop.signal,
    ...rest,
  })
  carried.push(done.catch(() => undefined))
  return { diary, source, sink, stop, done }
}

/** Lets everything happen which needs no time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

describe('the pump', () => {
  afterEach(async () => {
    await Promise.all(carried.splice(0))
  })

  it('releases after acceptance and acks after safety, in order', async () => {
    const { diary, sink, stop, done } = start([[1, 2], [3]])
    await settled()
    assert.deepEqual(diary, ['accept 1 2', 'release a', 'accept 3', 'release b'])
    sink.memory.settle()
    await settled()
    assert.deepEqual(diary.slice(4), ['ack a', 'ack b'])
    stop.abort()
    await done
    assert.deepEqual(diary.slice(6), ['close sink', 'close source'])
  })

  it('waits while the sink takes nothing: no release, no further delivery, nothing decoded ahead', async () => {
    let decoded = 0
    const decode = (item: number): string[] => {
      decoded += 1
      return [String(item)]
    }
    const prepare = (sink: DiarySink): void => {
      sink.memory.block()
    }
    const { diary, sink, stop, done } = start([[1, 2, 3, 4], [5]], { decode, prepare, chunkItems: 2 })
    await settled()
    assert.deepEqual([diary, decoded], [[], 2])
    sink.memory.unblock()
    await settled()
    assert.deepEqual(diary, ['accept 1 2', 'accept 3 4', 'release a', 'accept 5', 'release b'])
    stop.abort()
    await done
  })

  it('acks a delivery only when every one of its writes is safe', async () => {
    const receipts: (() => void)[] = []
    const diary: string[] = []
    const sink: Sink<string> = {
      name: 'by hand',
      write: () => Promise.resolve({ safe: new Promise((resolve) => receipts.push(resolve)) }),
      flush: async () => {},
      close: async () => {},
    }
    const source = new ScriptedSource([[1, 2, 3], [4]], 'wait', diary)
    const stop = new AbortController()
    const done = pump({
      source,
      sink,
      decode: (item) => [String(item)],
      clock: systemClock,
      signal: stop.signal,
      chunkItems: 1,
    })
    await settled()
    assert.equal(receipts.length, 4)
    for (const [index, acks] of [
      [3, ['ack b']],
      [0, ['ack b']],
      [2, ['ack b']],
      [1, ['ack b', 'ack a']],
    ] as const) {
      receipts[index]?.()
      await settled()
      assert.deepEqual(
        diary.filter((entry) => entry.startsWith('ack')),
        acks,
      )
    }
    stop.abort()
    await done
  })

  it('makes safe and acks what was accepted before it closes, when the abort leaves it the time', async () => {
    const { diary, sink, stop, done } = start([[1], [2]], { settleMs: 1000 })
    await settled()
    stop.abort()
    await settled()
    assert.deepEqual(diary.slice(4), ['flush'])
    sink.memory.settle()
    await done
    assert.deepEqual(diary.slice(4), ['flush', 'ack a', 'ack b', 'close sink', 'close source'])
  })

  it('closes the source only after the last ack, however long that takes after the flush', async () => {
    const diary: string[] = []
    const sink: Sink<string> = {
      name: 'late',
      write: async () => ({ safe: turns(100) }),
      flush: () => turns(1),
      close: async () => {},
    }
    async function turns(count: number): Promise<void> {
      for (let turn = 0; turn < count; turn += 1) await Promise.resolve()
    }
    const source = new ScriptedSource([[1]], 'end', diary)
    await pump({
      source,
      sink,
      decode: (item) => [String(item)],
      clock: systemClock,
      signal: new AbortController().signal,
    })
    assert.deepEqual(diary, ['release a', 'ack a', 'close source'])
  })

  it('closes when that time is up, whatever is not safe by then', async () => {
    const clock = new VirtualClock()
    const { diary, stop, done } = start([[1]], { settleMs: 1000, clock })
    await settled()
    stop.abort()
    await clock.advance(999)
    assert.deepEqual(diary.slice(2), ['flush'])
    await clock.advance(1)
    await done
    assert.deepEqual(diary.slice(3), ['close sink', 'close source'])
  })

  it('writes in chunks of the given size and in order, however much an item becomes', async () => {
    const { sink, stop, done } = start([[1, 2, 3, 4, 5]], {
      decode: (item) => [`${item}a`, `${item}b`],
      chunkItems: 3,
    })
    await settled()
    assert.deepEqual(sink.writes, [['1a', '1b', '2a'], ['2b', '3a', '3b'], ['4a', '4b', '5a'], ['5b']])
    stop.abort()
    await done
  })

  it('releases and acks a delivery with nothing in it, or nothing that is left of it, without a write', async () => {
    const { diary, sink, stop, done } = start([[], [7]], { decode: () => [] })
    await settled()
    assert.deepEqual(sink.writes, [])
    assert.deepEqual(diary.sort(), ['ack a', 'ack b', 'release a', 'release b'])
    stop.abort()
    await done
  })

  it('tells the lane of each item, and of each delivery which was accepted before the next is decoded', async () => {
    const seen: string[] = []
    const { stop, done } = start([[1], [2]], {
      decode: (item, lane) => {
        seen.push(`decode ${item} of ${lane}`)
        return [String(item)]
      },
      accepted: (lane) => seen.push(`accepted ${lane}`),
    })
    await settled()
    assert.deepEqual(seen, ['decode 1 of a', 'accepted a', 'decode 2 of b', 'accepted b'])
    stop.abort()
    await done
  })

  describe('at the end of the source', () => {
    it('flushes, and closes when all is safe and acked', async () => {
      const { diary, sink, source, done } = start([[1], [2]], { ending: 'end' })
      await settled()
      assert.equal(diary.at(-1), 'flush')
      assert.equal(await hasSettled(done), false)
      sink.memory.settle()
      await done
      assert.deepEqual(diary.slice(-4), ['ack a', 'ack b', 'close sink', 'close source'])
      assert.deepEqual([sink.closed, source.closed], [1, 1])
    })

    it('waits no longer for the flush than it is told to, and acks nothing of what is not safe', async () => {
      const clock = new VirtualClock()
      const { diary, done } = start([[1]], { ending: 'end', clock, flushMs: 7000 })
      const startMs = clock.monotonic()
      await clock.runUntil(done)
      assert.equal(clock.monotonic() - startMs, 7000)
      assert.deepEqual(diary, ['accept 1', 'release a', 'flush', 'close sink', 'close source'])
      assert.equal(clock.sleepers, 0)
    })

    it('stops waiting for the flush when it is told to stop', async () => {
      const clock = new VirtualClock()
      const { diary, stop, done } = start([[1]], { ending: 'end', clock })
      await settled()
      assert.equal(diary.at(-1), 'flush')
      stop.abort()
      await done
      assert.deepEqual(diary.slice(-2), ['close sink', 'close source'])
    })

    it('fails when what was accepted turns out not to be safe', async () => {
      const { sink, done } = start([[1]], { ending: 'end' })
      await settled()
      sink.memory.fail(new KinloaderError('OUTPUT_CLOSED', 'gone'))
      await assert.rejects(done, { code: 'NOT_SETTLED' })
    })
  })

  describe('when told to stop', () => {
    it('ends without a flush and acks nothing newer', async () => {
      const { diary, sink, source, stop, done } = start([[1], [2]])
      await settled()
      stop.abort()
      await done
      assert.deepEqual(diary.slice(4), ['close sink', 'close source'])
      assert.deepEqual([sink.closed, source.closed], [1, 1])
    })

    it('ends while a write waits: that delivery is neither released nor acked', async () => {
      const prepare = (sink: DiarySink): void => {
        sink.memory.block()
      }
      const { diary, stop, done } = start([[1], [2]], { prepare })
      await settled()
      stop.abort()
      await done
      assert.deepEqual(diary, ['close sink', 'close source'])
    })

    it('ends at once when it was told before it began', async () => {
      const stop = new AbortController()
      stop.abort()
      const { diary, done } = start([[1]], { signal: stop.signal })
      await done
      assert.deepEqual(diary, ['close sink', 'close source'])
    })

    it('gives source and sink their time to close, and no more', async () => {
      const clock = new VirtualClock()
      const deadlines: number[] = []
      const untilDeadline = async (deadline: AbortSignal): Promise<void> => {
        await new Promise((resolve) => {
          deadline.addEventListener('abort', resolve, { once: true })
        })
        deadlines.push(clock.monotonic())
      }
      const { sink, source, stop, done } = start([[1]], { clock, closeMs: 700 })
      sink.whileClosing = untilDeadline
      source.whileClosing = untilDeadline
      await settled()
      const startMs = clock.monotonic()
      stop.abort()
      await clock.runUntil(done)
      assert.deepEqual(deadlines, [startMs + 700, startMs + 700])
    })

    it('is not failed by what breaks because of that', async () => {
      const { sink, source, stop, done } = start([[1]])
      await settled()
      source.whileClosing = () => Promise.reject(new Error('late'))
      stop.abort()
      sink.memory.fail(new KinloaderError('OUTPUT_CLOSED', 'gone'))
      await done
    })
  })

  describe('when something fails', () => {
    const broken = new KinloaderError('BROKEN', 'broken')

    it('in the source: fails with that, after closing both', async () => {
      const { diary, sink, source, done } = start([[1]], { ending: broken })
      await assert.rejects(done, broken)
      assert.deepEqual(diary, ['accept 1', 'release a', 'close sink', 'close source'])
      assert.deepEqual([sink.closed, source.closed], [1, 1])
    })

    it('in a write: fails with that, and releases and acks nothing of it', async () => {
      const prepare = (sink: DiarySink): void => {
        sink.memory.fail(broken)
      }
      const { diary, sink, source, done } = start([[1], [2]], { prepare })
      await assert.rejects(done, broken)
      assert.deepEqual(diary, ['close sink', 'close source'])
      assert.deepEqual([sink.closed, source.closed], [1, 1])
    })

    it('behind a write: fails with that though the source only waits, and acks nothing later', async () => {
      const { diary, sink, source, done } = start([[1], [2]])
      await settled()
      sink.memory.fail(broken)
      await assert.rejects(done, { code: 'NOT_SETTLED', cause: broken })
      assert.deepEqual(diary.slice(4), ['close sink', 'close source'])
      assert.deepEqual([sink.closed, source.closed], [1, 1])
    })

    it('in the first of several places: fails with the first', async () => {
      const { sink, source, done } = start([[1]])
      await settled()
      source.whileClosing = () => Promise.reject(new Error('second'))
      sink.memory.fail(broken)
      await assert.rejects(done, { cause: broken })
    })
  })

  describe('with several deliveries at once', () => {
    /** One delivery a lane at a time, as many lanes as there are lists; writes are accepted by hand. */
    function startLanes(lanes: readonly (readonly number[])[], parallel: number) {
      const diary: string[] = []
      const accepts: { readonly text: string; readonly accept: () => void; readonly refuse: (e: Error) => void }[] = []
      const sink: Sink<string> = {
        name: 'by hand',
        write: (items) => {
          diary.push(`write ${items.join(' ')}`)
          return new Promise((resolve, reject) => {
            const accept = (): void => {
              resolve({ safe: Promise.resolve() })
            }
            accepts.push({ text: items.join(' '), accept, refuse: reject })
          })
        },
        flush: async () => {
          diary.push('flush')
        },
        close: async () => {},
      }
      const source = new ScriptedSource([], 'wait', diary)
      source.read = async function* (signal) {
        const next = lanes.map(() => 0)
        const busy = new Set<number>()
        let wake = (): void => undefined
        signal.addEventListener('abort', () => {
          wake()
        })
        while (!signal.aborted) {
          const lane = lanes.findIndex((items, at) => !busy.has(at) && (next[at] ?? 0) < items.length)
          if (lane < 0) {
            if (lanes.every((items, at) => next[at] === items.length)) return
            await new Promise<void>((resolve) => {
              wake = resolve
            })
            continue
          }
          const item = lanes[lane]?.[next[lane] ?? 0] ?? 0
          next[lane] = (next[lane] ?? 0) + 1
          busy.add(lane)
          const release = (): void => {
            diary.push(`release ${item}`)
            busy.delete(lane)
            wake()
          }
          yield { lane: String(lane), items: [item], bytes: 1, release, ack: () => diary.push(`ack ${item}`) }
        }
      }
      const stop = new AbortController()
      const done = pump({
        source,
        sink,
        decode: (item) => [String(item)],
        clock: systemClock,
        signal: stop.signal,
        parallel,
      })
      carried.push(done.catch(() => undefined))
      const accept = (text: string): void => accepts.find((write) => write.text === text)?.accept()
      const refuse = (text: string, error: Error): void => accepts.find((write) => write.text === text)?.refuse(error)
      return { diary, stop, done, accept, refuse }
    }

    it('writes as many lanes as it is told to, in the order of the deliveries, and each lane in its own', async () => {
      const { diary, done, accept } = startLanes([[10, 11, 12], [20], [30, 31]], 2)
      await settled()
      assert.deepEqual(diary, ['write 10', 'write 20'])
      accept('20')
      await settled()
      assert.deepEqual(diary.slice(2), ['release 20', 'ack 20', 'write 30'])
      accept('30')
      await settled()
      assert.deepEqual(diary.slice(5), ['release 30', 'ack 30', 'write 31'])
      for (const item of ['10', '31', '11', '12']) {
        accept(item)
        await settled()
      }
      await done
      assert.deepEqual(
        diary.filter((entry) => entry.startsWith('write')),
        ['write 10', 'write 20', 'write 30', 'write 31', 'write 11', 'write 12'],
      )
      assert.equal(diary.at(-1), 'close source')
    })

    it('acks nothing which was not accepted, though it was written before', async () => {
      const { diary, stop, accept } = startLanes([[10], [20]], 2)
      await settled()
      accept('20')
      await settled()
      assert.deepEqual(diary.slice(2), ['release 20', 'ack 20'])
      accept('10')
      stop.abort()
    })

    it('waits at the end of the source until all have arrived', async () => {
      const { diary, done, accept } = startLanes([[10], [20]], 5)
      await settled()
      accept('10')
      await settled()
      assert.equal(await hasSettled(done), false)
      accept('20')
      await done
      assert.deepEqual(diary.slice(4).sort(), ['ack 20', 'close source', 'flush', 'release 20'])
      assert.ok(diary.indexOf('flush') > diary.indexOf('release 20'))
    })

    it('fails with the first which fails, though the source waits and others are on their way', async () => {
      const { diary, done, accept, refuse } = startLanes([[10], [20], [30]], 3)
      await settled()
      refuse('20', new KinloaderError('BROKEN', 'broken'))
      await settled()
      refuse('10', new KinloaderError('ABORTED', 'aborted'))
      accept('30')
      await assert.rejects(done, { code: 'BROKEN' })
      assert.deepEqual(
        diary.filter((entry) => /20|10/.test(entry)),
        ['write 10', 'write 20'],
      )
    })
  })

  it('keeps no items alive while their safety is waited for', async () => {
    v8.setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const kept: WeakRef<readonly number[]>[] = []
    const acked: number[] = []
    const delivery = (index: number): Delivery<number> => {
      const items = Array.from({ length: 1000 }, (_, at) => at)
      kept.push(new WeakRef(items))
      return { lane: 'a', items, bytes: 1, release: () => undefined, ack: acking(acked, index) }
    }
    const stop = new AbortController()
    const source = new ScriptedSource([], 'wait', [])
    source.read = async function* (signal) {
      for (let index = 0; index < 5; index += 1) yield delivery(index)
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve, { once: true })
      })
    }
    let settle = (): void => undefined
    const safe = new Promise<void>((resolve) => {
      settle = resolve
    })
    const sink: Sink<string> = {
      name: 'slow',
      write: async () => ({ safe }),
      flush: async () => {},
      close: async () => {},
    }
    const done = pump({ source, sink, decode: () => ['x'], clock: systemClock, signal: stop.signal })
    await settled()
    collect()
    // The last one may still stand in a frame.
    assert.deepEqual(
      kept.slice(0, 4).map((items) => items.deref()),
      [undefined, undefined, undefined, undefined],
    )
    assert.deepEqual(acked, [])
    settle()
    await settled()
    assert.deepEqual(acked, [0, 1, 2, 3, 4])
    stop.abort()
    await done
  })
})

/** Made apart, so that it shares no scope with the items. */
function acking(acked: number[], index: number): () => void {
  return () => {
    acked.push(index)
  }
}

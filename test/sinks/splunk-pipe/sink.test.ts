import assert from 'node:assert/strict'
import { parseStringPromise } from 'xml2js'
import { SplunkXmlEncoder } from '../../../src/codecs/splunk-xml.ts'
import type { LogEvent } from '../../../src/core/event.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { SplunkPipeSink, type SplunkPipeOptions } from '../../../src/sinks/splunk-pipe/sink.ts'
import { hasSettled, sinkContract } from '../../contracts/sink.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { FakePipe } from './fake-pipe.ts'

const live = new AbortController().signal

interface Setup {
  readonly sink: SplunkPipeSink
  readonly pipe: FakePipe
  readonly clock: VirtualClock
  readonly counters: Counters
}

function setUp(options: Partial<SplunkPipeOptions> = {}): Setup {
  const pipe = new FakePipe()
  const clock = new VirtualClock()
  const counters = new Counters()
  const encoder = new SplunkXmlEncoder({ counters })
  const sink = new SplunkPipeSink({ output: pipe, encoder, clock, counters, ...options })
  return { sink, pipe, clock, counters }
}

async function messagesIn(text: string): Promise<string[]> {
  if (text === '') return []
  const whole = text.includes('</stream>') ? text : `${text}</stream>`
  const { stream } = (await parseStringPromise(whole)) as { stream: { event?: { data: string[] }[] } }
  return (stream.event ?? []).map(({ data }) => data[0] ?? '')
}

const filler = '\n'.repeat(65_536)

sinkContract('splunk-pipe', async () => {
  const { sink, pipe, clock } = setUp()
  return {
    sink,
    arrived: () => messagesIn(pipe.text()),
    block: () => {
      pipe.block()
    },
    unblock: () => {
      pipe.unblock()
    },
    settle: () => clock.advance(10_000),
    end: async () => {
      pipe.destroy()
    },
  }
})

describe('splunk-pipe', () => {
  it('writes one stream around all events', async () => {
    const { sink, pipe, counters } = setUp()
    await sink.write([{ message: 'a' }], live)
    await sink.write([{ message: 'b' }, { message: 'c' }], live)
    await sink.close(live)
    const event = (message: string): string => `<event><data>${message}</data></event>\n`
    assert.equal(pipe.text(), `<stream>\n${event('a')}${event('b')}${event('c')}</stream>\n`)
    assert.equal(counters.get('events'), 3)
    assert.equal(counters.get('bytes'), pipe.text().length)
  })

  it('writes an empty stream when there was no event', async () => {
    const { sink, pipe, clock } = setUp()
    await (await sink.write([], live)).safe
    await clock.advance(60_000)
    assert.equal(pipe.text(), '')
    await sink.close(live)
    assert.equal(pipe.text(), '<stream>\n</stream>\n')
  })

  it('cuts a large write, so that nothing large is ever in a buffer', async () => {
    const { sink, pipe, clock } = setUp()
    const events = Array.from(
      { length: 20_000 },
      (_, number): LogEvent => ({ message: `${number} ${'x'.repeat(200)}` }),
    )
    pipe.block()
    const written = sink.write(events, live)
    assert.equal(await hasSettled(written), false)
    assert.ok(pipe.text().length < 300_000, `${pipe.text().length} bytes have left`)
    pipe.unblock()
    await written
    await clock.advance(1)
    assert.deepEqual(
      await messagesIn(pipe.text()),
      events.map(({ message }) => message),
    )
    assert.ok(pipe.maxWritableLength <= 300_000, `${pipe.maxWritableLength} bytes in the stream's own buffer`)
  })

  it('hands the stream one chunk at a time', async () => {
    const { sink, pipe } = setUp()
    pipe.block()
    for (let i = 0; i < 3; i++) await sink.write([{ message: 'x'.repeat(70_000) }], live)
    assert.ok(pipe.writableLength > 0 && pipe.writableLength < 80_000, `${pipe.writableLength} bytes in the stream`)
  })

  describe('settles', () => {
    it('a quiet stream by one filler, and leaves an idle pipe alone', async () => {
      const { sink, pipe, clock, counters } = setUp()
      const { safe } = await sink.write([{ message: 'a' }], live)
      await clock.advance(1999)
      assert.equal(await hasSettled(safe), false)
      assert.ok(!pipe.text().endsWith('\n\n'))
      await clock.advance(1)
      await safe
      assert.ok(pipe.text().endsWith(`</event>\n${filler}`))
      const { length } = pipe.text()
      await clock.advance(3_600_000)
      assert.equal(pipe.text().length, length)
      assert.equal(counters.get('filler_bytes'), 65_536)
      assert.equal(clock.sleepers, 0)
    })

    it('a trickle by at most one filler in a hold-back', async () => {
      const { sink, pipe, clock, counters } = setUp()
      const ages: number[] = []
      for (let i = 0; i < 100; i++) {
        const writtenAt = clock.monotonic()
        const { safe } = await sink.write([{ message: `${i}` }], live)
        void safe.then(() => ages.push(clock.monotonic() - writtenAt))
        await clock.advance(200)
      }
      await clock.advance(5000)
      const fillers = counters.get('filler_bytes') / 65_536
      assert.ok(fillers >= 9 && fillers <= 12, `${fillers} fillers in 22 s`)
      assert.equal(ages.length, 100)
      assert.ok(
        Math.min(...ages) >= 2000 && Math.max(...ages) <= 4100,
        `${Math.min(...ages)} to ${Math.max(...ages)} ms`,
      )
      assert.equal((await messagesIn(pipe.text())).length, 100)
    })

    it('a busy stream by its own bytes alone', async () => {
      const { sink, clock, counters } = setUp()
      const receipts = []
      for (let i = 0; i < 200; i++) {
        receipts.push(await sink.write([{ message: 'x'.repeat(20_000) }], live))
        await clock.advance(50)
      }
      await Promise.all(receipts.slice(0, 150).map(({ safe }) => safe))
      assert.equal(counters.get('filler_bytes'), 0)
    })

    it('nothing that may still be in the pipe', async () => {
      const { sink, pipe, clock } = setUp()
      pipe.block()
      const { safe } = await sink.write([{ message: 'x'.repeat(40_000) }], live)
      await clock.advance(3_600_000)
      assert.equal(await hasSettled(safe), false)
      assert.ok(sink.heldBackMs >= 3_590_000)
      pipe.unblock()
      await safe
      assert.equal(sink.heldBackMs, 0)
    })

    it('by no filler while bytes of events are on their way', async () => {
      const { sink, pipe, clock, counters } = setUp()
      await sink.write([{ message: 'a' }], live)
      await clock.advance(500) // long enough for a group of its own
      pipe.block()
      await sink.write([{ message: 'x'.repeat(100_000) }], live)
      for (let i = 0; i < 10; i++) {
        await clock.advance(1000)
        await sink.write([{ message: 'b' }], live)
      }
      assert.equal(counters.get('filler_bytes'), 0)
      pipe.unblock()
      await clock.runUntil(sink.flush(live))
    })

    it('in the order of the writes', async () => {
      const { sink, clock } = setUp()
      const order: number[] = []
      for (let i = 0; i < 20; i++) {
        const { safe } = await sink.write([{ message: 'x'.repeat(i * 1000) }], live)
        void safe.then(() => order.push(i))
        await clock.advance(150)
      }
      await clock.advance(10_000)
      assert.deepEqual(
        order,
        Array.from({ length: 20 }, (_, i) => i),
      )
    })

    it('for a flush, and ends with it', async () => {
      const { sink, clock } = setUp()
      const { safe } = await sink.write([{ message: 'a' }], live)
      await clock.runUntil(sink.flush(live))
      await safe
    })
  })

  it('tells since when Splunk does not read, and counts it', async () => {
    const { sink, pipe, clock, counters } = setUp()
    assert.equal(sink.heldBackMs, 0)
    await sink.write([{ message: 'a' }], live)
    await clock.advance(1)
    assert.equal(sink.heldBackMs, 0)
    pipe.block()
    await sink.write([{ message: 'x'.repeat(70_000) }], live)
    await clock.advance(7000)
    assert.equal(sink.heldBackMs, 7000)
    pipe.unblock()
    await clock.advance(0)
    assert.equal(sink.heldBackMs, 0)
    assert.equal(counters.get('blocked_seconds'), 7)
  })

  describe('when Splunk closes the pipe', () => {
    it('ends with one stable code, for what waits and what comes', async () => {
      const { sink, pipe, clock } = setUp()
      const { safe } = await sink.write([{ message: 'a' }], live)
      pipe.block()
      const taken = await sink.write([{ message: 'x'.repeat(400_000) }], live)
      const waiting = sink.write([{ message: 'b' }], live)
      const flushed = sink.flush(live)
      await clock.advance(0)
      pipe.breakPipe()
      for (const promise of [safe, taken.safe, waiting, sink.write([{ message: 'c' }], live)]) {
        await assert.rejects(promise, { code: 'OUTPUT_CLOSED', retryable: false })
      }
      await flushed
      await sink.close(live)
      assert.equal(clock.sleepers, 0)
    })

    it('also while nothing is being written', async () => {
      const { sink, pipe, clock } = setUp()
      const { safe } = await sink.write([{ message: 'a' }], live)
      await clock.advance(1)
      pipe.breakPipe()
      await assert.rejects(safe, { code: 'OUTPUT_CLOSED' })
    })

    it('and nobody listens, without an unhandled rejection', async () => {
      const unhandled: unknown[] = []
      const note = (reason: unknown): void => {
        unhandled.push(reason)
      }
      process.on('unhandledRejection', note)
      try {
        const { sink, pipe } = setUp()
        await sink.write([{ message: 'a' }], live)
        pipe.breakPipe()
        const second = setUp()
        await second.sink.write([{ message: 'a' }], live)
        await second.sink.close(AbortSignal.abort())
        await hasSettled(sink.close(live))
        assert.deepEqual(unhandled, [])
      } finally {
        process.off('unhandledRejection', note)
      }
    })
  })

  it('closes with the end of the stream when the pipe takes it in time, and without when not', async () => {
    const { sink, pipe, clock } = setUp()
    const { safe } = await sink.write([{ message: 'a' }], live)
    await sink.close(live)
    assert.ok(pipe.text().endsWith('</stream>\n'))
    await assert.rejects(safe, { code: 'NOT_SETTLED' })

    const blocked = setUp()
    blocked.pipe.block()
    await blocked.sink.write([{ message: 'x'.repeat(100_000) }], live)
    const deadline = new AbortController()
    const closed = blocked.sink.close(deadline.signal)
    assert.equal(await hasSettled(closed), false)
    deadline.abort()
    await closed
    assert.ok(!blocked.pipe.text().includes('</stream>'))
    assert.equal(clock.sleepers + blocked.clock.sleepers, 0)
  })
})

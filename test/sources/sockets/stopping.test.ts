import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { setTimeout as realSleep } from 'node:timers/promises'
import { untilAborted } from '../../../src/core/aborting.ts'
import { KinloaderError } from '../../../src/core/errors.ts'
import type { Sink } from '../../../src/core/sink.ts'
import { pump } from '../../../src/core/pump.ts'
import type { MessageBlock } from '../../../src/core/message-block.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { MemorySink } from '../../../src/sinks/memory.ts'
import { hasSettled } from '../../contracts/sink.ts'
import { type Client, SocketWorld, type WorldOptions } from '../../support/socket-world.ts'

let world: SocketWorld

async function open(options: Partial<WorldOptions> = {}): Promise<void> {
  world = await SocketWorld.open({ listeners: [{ transport: 'tcp' }, { transport: 'udp' }], ...options })
}

describe('sockets: a stop', () => {
  afterEach(() => world.end())

  it('ends the reading by itself, soon when all is quiet, and accepts nobody any more', async () => {
    await open()
    const startMs = performance.now()
    world.stop.abort()
    await world.read
    assert.ok(performance.now() - startMs < 500)
    const late = connect(world.port())
    await new Promise((resolve) => late.once('error', resolve))
    assert.deepEqual(
      world.source.status().map(({ state }) => state),
      ['closed', 'closed'],
    )
  })

  it('fault 24: gives what is readable, then partial lines', async () => {
    await open()
    const client = await world.connect()
    client.send('a\npartial')
    await world.sendDatagrams(['datagram'], { index: 1 })
    world.stop.abort()
    await world.read
    assert.deepEqual([...world.texts].sort(), ['a', 'datagram', 'partial'])
    assert.equal(await client.ended, 'reset')
    world.checkCounts()
  })

  it('still gives the receipt to whoever has ended', async () => {
    await open({ byHand: true })
    const client = await world.connect()
    const ended = client.finish('a\n')
    await world.until(() => world.texts.length === 1)
    world.stop.abort()
    world.accepts = true
    world.release()
    await world.read
    assert.equal(await hasSettled(ended), false)
    world.ack()
    await world.source.close(AbortSignal.timeout(1000))
    assert.equal(await ended, 'orderly')
  })

  it('fault 24: under load ends in a second and loses nothing it has read: no sender misses one in the middle', async () => {
    await open({ listeners: [{ transport: 'tcp' }] })
    const clients: Client[] = []
    for (let i = 0; i < 5; i++) clients.push(await world.connect())
    let isOver = false
    const senders = clients.map(async ({ socket }, sender) => {
      for (let n = 0; !isOver; n += 100) {
        const lines = Array.from({ length: 100 }, (_, i) => `${sender} ${n + i}\n`).join('')
        if (!socket.write(lines))
          await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), realSleep(20)])
        if (socket.destroyed) return
        await realSleep(1)
      }
    })
    await world.until(() => world.texts.length > 5000)
    const startMs = performance.now()
    world.stop.abort()
    await world.read
    assert.ok(performance.now() - startMs < 1500, `${performance.now() - startMs} ms`)
    isOver = true
    for (const client of clients) assert.equal(await client.ended, 'reset')
    await Promise.all(senders)
    const next = new Map<string, number>()
    const partial = new Set<string>()
    for (const text of world.texts) {
      const [sender = '', n = ''] = text.split(' ')
      assert.ok(!partial.has(sender), 'a partial line is the last')
      const expected = String(next.get(sender) ?? 0)
      if (n !== expected) {
        assert.ok(expected.startsWith(n), `${text} came where ${expected} was due`)
        partial.add(sender)
      }
      next.set(sender, Number(expected) + 1)
    }
    assert.equal(world.source.pendingBytes, 0)
    world.checkCounts()
  })

  it('takes of each connection what is in memory, and no more, when senders do not cease', async () => {
    await open({ byHand: true, limits: { drainMs: 0 } })
    const client = await world.connect()
    client.send('a\n')
    await world.until(() => world.texts.length === 1)
    world.stop.abort()
    client.send('b\n')
    await world.until(() => world.source.pendingBytes === 3)
    world.release()
    await world.until(() => world.texts.length === 2)
    client.send('c\n')
    await world.until(() => world.source.pendingBytes === 3)
    world.release()
    await world.read
    assert.deepEqual(world.texts, ['a', 'b'])
    assert.equal(await client.ended, 'reset')
    world.checkCounts()
  })

  it('does not wait for ever for a sink which accepts nothing', async () => {
    await open({ byHand: true, limits: { drainMs: 50, releaseMs: 100 } })
    const client = await world.connect()
    client.send('a\n')
    await world.until(() => world.texts.length === 1)
    world.stop.abort()
    await world.read
    await world.source.close(AbortSignal.timeout(1000))
    assert.equal(await client.ended, 'reset')
  })

  it('counts what the sink did not accept as dropped, and tells it once', async () => {
    await open({ byHand: true, limits: { drainMs: 50, releaseMs: 100 } })
    const client = await world.connect()
    client.send('a\nb\n')
    await world.until(() => world.texts.length === 2)
    await world.sendDatagrams(['on its way'], { index: 1 })
    await world.until(() => world.texts.length === 3)
    await world.sendDatagrams(['queued', 'too'], { index: 1 })
    await world.sendDatagrams(['of another'], { index: 1, from: '127.0.0.2' })
    await world.until(() => world.counter('received', 1) === 4)
    world.stop.abort()
    await world.read
    for (let i = 0; i < 2; i++) await world.source.close(AbortSignal.timeout(1000))
    assert.deepEqual([world.counter('dropped.stopped'), world.counter('dropped.stopped', 1)], [2, 4])
    assert.deepEqual(world.logger.find('dropped'), [
      { level: 'warn', at: 'dropped', fields: { reason: 'stopped', messages: 6 } },
    ])
    assert.equal(await client.ended, 'reset')
    world.checkCounts()
  })

  it('drops nothing of what was accepted in time', async () => {
    await open({ byHand: true })
    const client = await world.connect()
    client.send('a\nb\n')
    await world.until(() => world.texts.length === 2)
    await world.sendDatagrams(['on its way'], { index: 1 })
    await world.until(() => world.texts.length === 3)
    await world.sendDatagrams(['queued'], { index: 1 })
    await world.until(() => world.counter('received', 1) === 2)
    world.stop.abort()
    world.accepts = true
    world.release()
    await world.read
    await world.source.close(AbortSignal.timeout(1000))
    assert.deepEqual([world.counter('accepted'), world.counter('accepted', 1)], [2, 2])
    assert.deepEqual(world.logger.find('dropped'), [])
    world.checkCounts()
  })

  it('by the death of the process resets at once whoever has no receipt on its way', async () => {
    await open({ byHand: true })
    const clients = [await world.connect(), await world.connect()]
    for (const [i, client] of clients.entries()) {
      void client.finish(`m${i}`)
      await world.until(() => world.texts.length === i + 1)
      world.release()
    }
    world.ack(1)
    world.source.reset()
    assert.deepEqual(await Promise.all(clients.map(({ ended }) => ended)), ['orderly', 'reset'])
  })

  it('by the pump, whose sink failed, ends at once and resets everybody', async () => {
    await open({ byHand: true })
    const client = await world.connect()
    client.send('a\n')
    await world.until(() => world.texts.length === 1)
    const startMs = performance.now()
    world.failure.abort()
    await world.read
    await world.source.close(AbortSignal.timeout(1000))
    assert.ok(performance.now() - startMs < 500)
    assert.equal(await client.ended, 'reset')
  })
})

describe('sockets behind a pump', () => {
  it('give receipts at a stop for what the sink made safe, and count everything', async () => {
    const sink = new MemorySink<MessageBlock>()
    const inner = await SocketWorld.open({ listeners: [{ transport: 'tcp' }], unread: true })
    const done = pump({
      source: inner.source,
      sink,
      decode: (block) => [block],
      clock: systemClock,
      signal: new AbortController().signal,
      parallel: 64,
    })
    const clients: Client[] = []
    for (let i = 0; i < 20; i++) clients.push(await inner.connect())
    const ends = clients.map((client, i) => client.finish(`${i} a\n${i} b\n${i} c`))
    assert.deepEqual(new Set(await Promise.all(ends)), new Set(['orderly']))
    inner.stop.abort()
    await done
    assert.equal(sink.items.flatMap(({ messages }) => [...messages]).length, 60)
    inner.checkCounts()
    await inner.end()
  })

  it('count what a sink which is stuck did not accept before the end', async () => {
    const inner = await SocketWorld.open({
      listeners: [{ transport: 'tcp' }, { transport: 'udp' }],
      unread: true,
      limits: { drainMs: 0, releaseMs: 50 },
    })
    const late = new AbortController()
    const sink: Sink<MessageBlock> = {
      name: 'stuck',
      write: async (_blocks, signal) => {
        await untilAborted(signal)
        throw new KinloaderError('ABORTED', 'stopped')
      },
      flush: async () => {},
      close: async () => {},
    }
    const { source } = inner
    const done = pump({
      source,
      sink,
      decode: (block) => [block],
      clock: systemClock,
      signal: late.signal,
      parallel: 64,
    })
    const client = await inner.connect()
    client.send('a\nb\n')
    await inner.until(() => inner.counter('received') === 2)
    for (const text of ['on its way', 'queued']) await inner.sendDatagrams([text], { index: 1 })
    await inner.until(() => inner.counter('received', 1) === 2)
    inner.stop.abort()
    await inner.until(() => !source.listeners().some(({ isListening }) => isListening))
    late.abort()
    await done
    assert.deepEqual([inner.counter('dropped.stopped'), inner.counter('dropped.stopped', 1)], [2, 2])
    inner.checkCounts()
    assert.equal(await client.ended, 'reset')
    await inner.end()
  })
})

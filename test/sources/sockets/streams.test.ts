import assert from 'node:assert/strict'
import { setTimeout as realSleep } from 'node:timers/promises'
import { hasSettled } from '../../contracts/sink.ts'
import { SyslogFramer } from '../../../src/codecs/framing/syslog-framer.ts'
import { SocketWorld, type WorldOptions } from '../../support/socket-world.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

let world: SocketWorld

async function open(options: Partial<WorldOptions> = {}): Promise<void> {
  world = await SocketWorld.open({ listeners: [{ transport: 'tcp' }], ...options })
}

/** What a stream keeps with one read more: of the first 32 of a port, and of the others. */
const largeBytes = 262_144 + 65_536
const smallBytes = 16_384 + 65_536

describe('sockets: TCP', () => {
  afterEach(() => world.end())

  it('gives the messages of a read as one block, with sender and port', async () => {
    await open()
    const client = await world.connect()
    client.send('one\ntwo\nthr')
    await world.until(() => world.texts.length === 2)
    client.send('ee\n')
    await world.until(() => world.texts.length === 3)
    assert.deepEqual(
      world.messages.map(({ text, address, port, lane }) => [text, address, port, lane]),
      ['one', 'two', 'three'].map((text) => [text, '127.0.0.1', world.port(), `tcp/${world.port()}#1`]),
    )
    assert.deepEqual(
      world.deliveries.map(({ items, bytes }) => [items.length, bytes]),
      [
        [1, 6],
        [1, 5],
      ],
    )
    assert.deepEqual(world.source.senders(), [{ source: '127.0.0.1', port: world.port(), messages: 3, bytes: 11 }])
    world.checkCounts()
  })

  it('has a lane a connection, with one delivery on its way', async () => {
    await open({ byHand: true })
    const [first, second] = [await world.connect(), await world.connect()]
    first.send('a1\n')
    await world.until(() => world.texts.length === 1)
    first.send('a2\n')
    second.send('b1\n')
    await world.until(() => world.texts.length === 2)
    await realSleep(20)
    assert.deepEqual(world.texts, ['a1', 'b1'])
    world.release()
    await world.until(() => world.texts.length === 3)
    assert.deepEqual([world.texts[2], world.deliveries[2]?.lane], ['a2', world.deliveries[0]?.lane])
    assert.equal(world.counter('accepted'), 2)
    world.release()
    world.checkCounts()
  })

  it('takes a bounded piece a turn, and others in between', async () => {
    await open({ byHand: true })
    const [big, small] = [await world.connect(), await world.connect()]
    big.send('x'.repeat(99).concat('\n').repeat(20_000))
    await world.until(() => world.deliveries.length === 1)
    small.send('small\n')
    await world.until(() => world.texts.includes('small'))
    world.accepts = true
    world.release()
    await world.until(() => world.texts.length === 20_001)
    assert.ok(Math.max(...world.deliveries.map(({ bytes }) => bytes)) < largeBytes + 100)
  })

  it('does not pass on what stands between messages when that is more than they are', async () => {
    await open({
      createFramer: (_format, counters) => new SyslogFramer({ mode: 'auto', maxMessageBytes: 1000, counters }),
    })
    const client = await world.connect()
    const frames = ['<13>a', '\n'.repeat(20_000), `<13>${'b'.repeat(20_000)}`, '<13>c', '']
    assert.equal(await client.finish(frames.join('\n')), 'orderly')
    assert.deepEqual(
      world.texts.map((text) => text.slice(0, 5)),
      ['<13>a', '<13>b', '<13>c'],
    )
    for (const { items } of world.deliveries) {
      for (const { messages } of items) {
        assert.ok(messages.end - messages.start <= 2 * messages.byteLength + 4096, `${messages.end - messages.start}`)
      }
    }
  })

  describe('while the sink accepts nothing', () => {
    it('reads no further, so that the sender waits; goes on by itself and closes nobody', async () => {
      await open({ byHand: true })
      const client = await world.connect()
      const line = `${'x'.repeat(999)}\n`
      const count = 20_000
      client.send(line.repeat(count))
      await world.until(() => world.deliveries.length === 1)
      await realSleep(100)
      assert.equal(world.deliveries.length, 1)
      assert.ok(world.source.pendingBytes < 2 * largeBytes + 1000, `${world.source.pendingBytes}`)
      assert.ok(client.socket.writableLength > 0)
      world.accepts = world.settles = true
      world.release()
      world.ack()
      await world.until(() => world.texts.length === count)
      assert.ok(world.counter('paused_ms') >= 50, `${world.counter('paused_ms')}`)
      assert.equal(await client.finish(), 'orderly')
      world.checkCounts()
    })

    it('keeps little of each sender when there are many', async () => {
      await open({ byHand: true, limits: { pendingBytes: 1 } })
      const clients = await Promise.all(Array.from({ length: 40 }, () => world.connect()))
      const lines = 'x'.repeat(999).concat('\n').repeat(2000)
      for (const client of clients) client.send(lines)
      await world.until(() => world.source.pendingBytes > 32 * 262_144, 'full streams')
      await realSleep(100)
      assert.ok(world.source.pendingBytes < 33 * largeBytes + 8 * smallBytes, `${world.source.pendingBytes}`)
      world.accepts = world.settles = true
      world.release()
      world.ack()
      await world.until(() => world.texts.length === 40 * 2000, 'all', 20_000)
      for (const client of clients) assert.equal(await client.finish(), 'orderly')
    })

    it('takes no more than the bound from all connections, the first come first when there is room', async () => {
      await open({ byHand: true, limits: { pendingBytes: 100_000 } })
      const line = `${'x'.repeat(39_999)}\n`
      const clients = [await world.connect(), await world.connect(), await world.connect(), await world.connect()]
      for (const [index, client] of clients.entries()) {
        client.send(line)
        await world.until(() => world.source.pendingBytes >= Math.min(2, index + 1) * 39_999)
      }
      await realSleep(50)
      assert.equal(world.deliveries.length, 2)
      world.release()
      await world.until(() => world.deliveries.length === 4)
      assert.deepEqual(
        world.deliveries.map(({ lane }) => lane.split('#')[1]),
        ['1', '2', '3', '4'],
      )
      world.release()
      assert.equal(world.source.pendingBytes, 0)
      world.checkCounts()
    })

    it('keeps the place of a connection whose sender went, until what it left is accepted', async () => {
      await open({ byHand: true, limits: { maxConnections: 1 } })
      const client = await world.connect()
      client.send('a\n')
      await world.until(() => world.texts.length === 1)
      client.send('b\nc')
      await realSleep(20)
      client.socket.resetAndDestroy()
      await realSleep(20)
      assert.equal(world.source.openConnections, 1)
      world.release()
      await world.until(() => world.texts.length === 2)
      world.release()
      await world.until(() => world.texts.length === 3)
      world.release()
      await world.until(() => world.source.openConnections === 0)
      assert.deepEqual(world.texts, ['a', 'b', 'c'])
      world.checkCounts()
    })

    for (const refusal of ['http_check', 'tls_hello', 'compressed', 'not_counted']) {
      it(`gives up the place of a connection which is refused after its sender went: ${refusal}`, async () => {
        await open({ byHand: true, limits: { pendingBytes: 1, maxConnections: 3 } })
        const [taken, gone, later] = [await world.connect(), await world.connect(), await world.connect()]
        taken.send('a\n')
        await world.until(() => world.texts.length === 1)
        gone.send(`!${refusal}\n`)
        const bytes = `a!${refusal}\n`.length
        await world.until(() => world.source.pendingBytes === bytes)
        gone.socket.resetAndDestroy()
        // When this is there, the reset is.
        later.send('b\n')
        await world.until(() => world.source.pendingBytes === bytes + 2)
        world.accepts = world.settles = true
        world.release()
        world.ack()
        await world.until(() => world.texts.length === 2)
        assert.deepEqual([world.counter(`closed.${refusal}`), world.source.openConnections], [1, 2])
        assert.deepEqual([await taken.finish(), await later.finish()], ['orderly', 'orderly'])
        await world.until(() => world.source.openConnections === 0)
      })
    }
  })

  describe('the receipt', () => {
    it('is our orderly end, after the sender ended and all is safe', async () => {
      await open({ byHand: true })
      const client = await world.connect()
      const ended = client.finish('one\ntwo')
      await world.until(() => world.texts.length === 1)
      world.release()
      await world.until(() => world.texts.length === 2)
      world.release()
      world.ack(1)
      await realSleep(30)
      assert.equal(await hasSettled(ended), false)
      world.ack()
      assert.equal(await ended, 'orderly')
      await world.until(() => world.source.openConnections === 0)
      assert.deepEqual(world.texts, ['one', 'two'])
      world.checkCounts()
    })

    it('comes at once to whoever sent nothing, and to nobody who has not ended', async () => {
      await open()
      const [silent, sending] = [await world.connect(), await world.connect()]
      sending.send('a\n')
      assert.equal(await silent.finish(), 'orderly')
      await world.until(() => world.texts.length === 1)
      await realSleep(20)
      assert.equal(await hasSettled(sending.ended), false)
    })

    it('is refused by a reset when a frame was discarded', async () => {
      await open()
      assert.equal(await (await world.connect()).finish('a\n#half'), 'reset')
      assert.deepEqual(world.texts, ['a'])
      assert.equal(world.counter('discarded.partial_frame'), 1)
      world.checkCounts()
    })

    it('is refused at the close to those of whom something is not safe', async () => {
      await open({ byHand: true })
      const client = await world.connect()
      const ended = client.finish('a\n')
      await world.until(() => world.texts.length === 1)
      world.release()
      world.failure.abort()
      await world.read
      assert.equal(await hasSettled(ended), false)
      await world.source.close(AbortSignal.timeout(1000))
      assert.equal(await ended, 'reset')
    })

    it('is refused at the close to those who had not ended: it would be taken for one when they end later', async () => {
      await open()
      const client = await world.connect()
      client.send('a\n')
      await world.until(() => world.texts.length === 1)
      world.failure.abort()
      await world.read
      await world.source.close(AbortSignal.timeout(1000))
      assert.equal(await client.ended, 'reset')
    })
  })

  it('gives what a sender left that was reset, a partial line included', async () => {
    await open()
    const client = await world.connect()
    client.send('a\nb')
    await world.until(() => world.texts.length === 1)
    client.socket.resetAndDestroy()
    await world.until(() => world.texts.length === 2)
    assert.deepEqual(world.texts, ['a', 'b'])
    await world.until(() => world.source.openConnections === 0)
    world.checkCounts()
  })

  describe('what is no syslog', () => {
    it('answers a load balancer, and closes without an event', async () => {
      await open()
      const client = await world.connect()
      client.send('!http_check\nHost: x\n\n')
      assert.equal(await client.ended, 'orderly')
      assert.equal(client.received, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      client.socket.end('what nobody reads')
      await world.until(() => world.source.openConnections === 0)
      assert.deepEqual([world.texts, world.counter('closed.http_check')], [[], 1])
    })

    it('resets TLS on a plain port, and logs it once a source', async () => {
      await open()
      for (let i = 0; i < 3; i++) {
        const client = await world.connect()
        client.send('!tls_hello\n')
        assert.equal(await client.ended, 'reset')
      }
      assert.equal(world.counter('closed.tls_hello'), 3)
      assert.deepEqual(world.logger.told('warn', 'error'), ['warn refused'])
    })

    for (const refusal of ['not_counted', 'compressed']) {
      it(`gives no receipt for what is refused at the end only: ${refusal}`, async () => {
        await open()
        const client = await world.connect()
        assert.equal(await client.finish(`a\n!${refusal}`), 'reset')
        assert.deepEqual([world.texts, world.counter(`closed.${refusal}`)], [['a'], 1])
        world.checkCounts()
      })
    }

    it('answers a check whose line ends with the connection', async () => {
      await open()
      const client = await world.connect()
      assert.equal(await client.finish('!http_check'), 'orderly')
      assert.deepEqual([client.received.split('\r')[0], world.counter('closed.http_check')], ['HTTP/1.1 200 OK', 1])
    })

    for (const refusal of ['not_counted', 'compressed']) {
      it(`gives what came before, then resets: ${refusal}`, async () => {
        await open()
        const client = await world.connect()
        client.send(`a\n!${refusal}\nb\n`)
        assert.equal(await client.ended, 'reset')
        await world.until(() => world.texts.length === 1)
        assert.deepEqual([world.texts, world.counter(`closed.${refusal}`)], [['a'], 1])
        await world.until(() => world.source.openConnections === 0)
        world.checkCounts()
      })
    }
  })

  describe('limits', () => {
    it('closes whoever comes when all places are taken, over all listeners, and disturbs nobody', async () => {
      await open({ listeners: [{ transport: 'tcp' }, { transport: 'tcp' }], limits: { maxConnections: 2 } })
      const guests = [await world.connect(), await world.connect({ index: 1 })]
      const excess = await world.connect({ index: 1 })
      assert.equal(await excess.ended, 'reset')
      assert.equal(world.counter('connections_refused.max_connections', 1), 1)
      for (const guest of guests) guest.send('a\n')
      await world.until(() => world.texts.length === 2)
      assert.equal(await guests[0]?.finish(), 'orderly')
      await world.until(() => world.source.openConnections === 1)
      const next = await world.connect({ index: 1 })
      next.send('b\n')
      await world.until(() => world.texts.length === 3)
      assert.deepEqual([world.counter('connections_opened'), world.counter('connections_opened', 1)], [1, 2])
    })

    it('lets in whom --allow names', async () => {
      await open({ allow: ['127.0.0.2/31'] })
      const refused = await world.connect()
      assert.equal(await refused.ended, 'reset')
      assert.equal(world.counter('connections_refused.not_allowed'), 1)
      const allowed = await world.connect({ localAddress: '127.0.0.3' })
      assert.equal(await allowed.finish('a\n'), 'orderly')
      assert.deepEqual(
        world.messages.map(({ address }) => address),
        ['127.0.0.3'],
      )
    })

    it('closes who is silent for too long, with what it left; not who waits for us', async () => {
      const clock = new VirtualClock()
      await open({ clock, limits: { idleTimeoutMs: 60_000 }, byHand: true })
      const [silent, waiting, lively] = [await world.connect(), await world.connect(), await world.connect()]
      waiting.send('w\n')
      await world.until(() => world.texts.length === 1)
      silent.send('half')
      lively.send('half')
      await world.until(() => world.source.pendingBytes === 9)
      await clock.advance(40_000)
      lively.send('way')
      await world.until(() => world.source.pendingBytes === 12)
      await clock.advance(22_000)
      assert.equal(await silent.ended, 'reset')
      assert.deepEqual(world.texts, ['w', 'half'])
      assert.equal(world.counter('closed.idle'), 1)
      assert.equal(world.source.openConnections, 3)
      world.release()
      await world.until(() => world.source.openConnections === 2)
      assert.deepEqual([await hasSettled(waiting.ended), await hasSettled(lively.ended)], [false, false])
    })

    it('lets silent connections be when no time-out is set', async () => {
      const clock = new VirtualClock()
      await open({ clock })
      const client = await world.connect()
      await clock.advance(1_000_000)
      assert.equal(await client.finish('a'), 'orderly')
    })
  })

  describe('IPv6', () => {
    it('fault 9: has one name for an IPv4 peer, and the canonical one for an IPv6 peer', async () => {
      await open({ listeners: [{ transport: 'tcp', address: '::' }] })
      for (const host of ['127.0.0.1', '::1']) await (await world.connect({ host })).finish(host)
      assert.deepEqual(
        world.messages.map(({ text, address }) => [text, address]),
        [
          ['127.0.0.1', '127.0.0.1'],
          ['::1', '::1'],
        ],
      )
    })

    it('listens on a literal alone', async () => {
      await open({ listeners: [{ transport: 'tcp', address: '::1' }], allow: ['::1'] })
      assert.equal(await (await world.connect({ host: '::1' })).finish('a'), 'orderly')
    })
  })
})

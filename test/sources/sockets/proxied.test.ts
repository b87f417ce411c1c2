import assert from 'node:assert/strict'
import { setTimeout as realSleep } from 'node:timers/promises'
import { hasSettled } from '../../contracts/sink.ts'
import { SocketWorld, type WorldOptions } from '../../support/socket-world.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

let world: SocketWorld

async function open(options: Partial<WorldOptions> = {}): Promise<void> {
  world = await SocketWorld.open({ listeners: [{ transport: 'tcp', proxy: true }], ...options })
}

describe('sockets: PROXY headers on TCP', () => {
  afterEach(() => world.end())

  it('name sender and port', async () => {
    await open()
    assert.equal(await (await world.connect()).finish('PROXY 2001:db8::1 601\na\nb'), 'orderly')
    assert.deepEqual(
      world.messages.map(({ text, address, port }) => [text, address, port]),
      ['a', 'b'].map((text) => [text, '2001:db8::1', 601]),
    )
    await world.until(() => world.source.openConnections === 0)
    world.checkCounts()
  })

  it('which name nobody leave the real ends', async () => {
    await open()
    await (await world.connect()).finish('PROXY LOCAL\na')
    assert.deepEqual(
      world.messages.map(({ text, address, port }) => [text, address, port]),
      [['a', '127.0.0.1', world.port()]],
    )
  })

  it('may come byte by byte', async () => {
    await open()
    const client = await world.connect({ noDelay: true })
    for (const byte of 'PROXY 192.0.2.1 9\na\n') await new Promise((resolve) => client.socket.write(byte, resolve))
    assert.equal(await client.finish(), 'orderly')
    assert.deepEqual(world.texts, ['a'])
  })

  it('are ordinary text where none is demanded', async () => {
    await open({ listeners: [{ transport: 'tcp' }] })
    await (await world.connect()).finish('PROXY 192.0.2.1 9\na')
    assert.deepEqual(world.texts, ['PROXY 192.0.2.1 9', 'a'])
  })

  it('fault 8: make no event and no log line for a check of health, and release the socket', async () => {
    await open()
    const silent = await world.connect()
    silent.socket.end()
    const local = await world.connect()
    assert.equal(await local.finish('PROXY LOCAL\n'), 'orderly')
    await world.until(() => world.source.openConnections === 0)
    assert.deepEqual(world.texts, [])
    assert.deepEqual(world.logger.told('warn', 'error'), [])
    assert.deepEqual(world.source.status()[0]?.counters, { connections_opened: 2 })
  })

  it('close and count when they are bad, incomplete or late', async () => {
    const clock = new VirtualClock()
    await open({ clock })
    assert.equal(await (await world.connect()).finish('HELLO\na\n'), 'reset')
    assert.equal(await (await world.connect()).finish('PROXY 192'), 'reset')
    const late = await world.connect()
    late.send('PROXY 192')
    await world.until(() => world.counter('connections_opened') === 3)
    await clock.advance(5000)
    assert.equal(await hasSettled(late.ended), false)
    await clock.advance(1000)
    assert.equal(await late.ended, 'reset')
    await world.until(() => world.source.openConnections === 0)
    for (const reason of ['signature', 'incomplete', 'timeout']) {
      assert.equal(world.counter(`proxy_refused.${reason}`), 1, reason)
    }
    assert.deepEqual(world.texts, [])
  })

  it('are taken from those whom --proxy-trusted names, whatever --allow says', async () => {
    await open({
      listeners: [{ transport: 'tcp', proxy: true }, { transport: 'tcp' }],
      proxyTrusted: ['127.0.0.2'],
      allow: ['127.0.0.3'],
    })
    await (await world.connect()).ended
    assert.equal(world.counter('connections_refused.proxy_untrusted'), 1)
    const trusted = await world.connect({ localAddress: '127.0.0.2' })
    assert.equal(await trusted.finish('PROXY 192.0.2.1 9\na'), 'orderly')
    await (await world.connect({ index: 1, localAddress: '127.0.0.2' })).ended
    assert.equal(world.counter('connections_refused.not_allowed', 1), 1)
  })

  it('are taken from those whom --allow names when there is no --proxy-trusted', async () => {
    await open({ allow: ['127.0.0.2'] })
    assert.equal(await (await world.connect()).ended, 'reset')
    assert.equal(world.counter('connections_refused.not_allowed'), 1)
    const allowed = await world.connect({ localAddress: '127.0.0.2' })
    assert.equal(await allowed.finish('PROXY 192.0.2.1 9\na'), 'orderly')
    // Peers are measured, not whom a header names.
    assert.deepEqual(
      world.messages.map(({ text, address }) => [text, address]),
      [['a', '192.0.2.1']],
    )
  })

  it('are not demanded of direct peers, whomever --proxy-trusted names', async () => {
    await open({
      listeners: [{ transport: 'tcp', proxy: true }, { transport: 'tcp' }],
      proxyTrusted: ['127.0.0.2'],
    })
    assert.equal(await (await world.connect({ index: 1 })).finish('a'), 'orderly')
    assert.equal(await (await world.connect()).ended, 'reset')
    assert.equal(world.counter('connections_refused.proxy_untrusted'), 1)
  })

  it('fault 8: do not keep a connection from waiting and going on', async () => {
    await open({ byHand: true })
    const client = await world.connect()
    const count = 5000
    client.send('PROXY 192.0.2.1 9\n'.concat(`${'x'.repeat(999)}\n`.repeat(count)))
    await world.until(() => world.deliveries.length === 1)
    await realSleep(50)
    assert.ok(client.socket.writableLength > 0)
    world.accepts = world.settles = true
    world.release()
    world.ack()
    await world.until(() => world.texts.length === count)
    assert.equal(await client.finish(), 'orderly')
    await world.until(() => world.source.openConnections === 0)
  })
})

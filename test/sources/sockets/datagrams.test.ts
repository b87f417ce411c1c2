import assert from 'node:assert/strict'
import v8 from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { syslogDatagram } from '../../../src/codecs/framing/datagram.ts'
import { GelfDatagrams } from '../../../src/codecs/gelf-datagrams/gelf-datagrams.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { kernelDrops } from '../../../src/sources/sockets/kernel-drops.ts'
import { SocketWorld, type WorldOptions } from '../../support/socket-world.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

let world: SocketWorld

async function open(options: Partial<WorldOptions> = {}): Promise<void> {
  world = await SocketWorld.open({ listeners: [{ transport: 'udp' }], ...options })
}

describe('sockets: UDP', () => {
  afterEach(() => world.end())

  it('gives what arrived since the last delivery, one block a sender, each in its order', async () => {
    await open({ byHand: true })
    await world.sendDatagrams(['first'])
    await world.until(() => world.texts.length === 1)
    await world.sendDatagrams(['a1', 'a2'])
    await world.sendDatagrams(['b1'], { from: '127.0.0.2' })
    await world.sendDatagrams(['a3'])
    await world.until(() => world.counter('received') === 5)
    assert.equal(world.deliveries.length, 1)
    world.release()
    await world.until(() => world.deliveries.length === 2)
    assert.deepEqual(
      world.deliveries[1]?.items.map(({ address, port, messages }) => [
        address,
        port,
        [...messages].map((message) => Buffer.from(message).toString()),
      ]),
      [
        ['127.0.0.1', world.port(), ['a1', 'a2', 'a3']],
        ['127.0.0.2', world.port(), ['b1']],
      ],
    )
    assert.deepEqual([...(world.datagrams[0]?.senders ?? [])], ['127.0.0.1', '127.0.0.2'])
    world.release()
    assert.deepEqual(world.source.senders(), [
      { source: '127.0.0.1', port: world.port(), messages: 4, bytes: 11 },
      { source: '127.0.0.2', port: world.port(), messages: 1, bytes: 2 },
    ])
    world.checkCounts()
  })

  for (const [what, limits] of [
    ['datagrams', { udpQueueDatagrams: 3 }],
    ['bytes', { udpQueueBytes: 6 }],
  ] as const) {
    it(`drops the newest and counts them when the queue is full: ${what}`, async () => {
      await open({ byHand: true, limits })
      await world.sendDatagrams(['m1', 'm2', 'm3', 'm4', 'm5'])
      await world.until(() => world.counter('received') === 5)
      assert.equal(world.counter('dropped.queue_full'), 2)
      world.release()
      await world.until(() => world.texts.length === 3)
      world.release()
      assert.deepEqual(world.texts, ['m1', 'm2', 'm3'])
      await world.sendDatagrams(['m6'])
      await world.until(() => world.texts.length === 4)
      world.release()
      assert.equal(world.source.pendingBytes, 0)
      world.checkCounts()
    })
  }

  for (const [what, datagram, createDatagramReader] of [
    ['what stands behind a message', Buffer.from('x'.padEnd(60_000, '\n')), syslogReader(65_536)],
    ['what is cut off', Buffer.alloc(60_000, 'x'), syslogReader(100)],
    ['what was allocated for inflating', gzipWithComment('{"short_message":"x"}', 60_000), gelfReader()],
  ] as const) {
    it(`keeps no more memory than it counts: ${what}`, async () => {
      v8.setFlagsFromString('--expose-gc')
      const collect = runInNewContext('gc') as () => void
      await open({ byHand: true, createDatagramReader })
      await world.sendDatagrams([datagram])
      await world.until(() => world.texts.length === 1)
      collect()
      const before = process.memoryUsage().arrayBuffers
      for (let i = 0; i < 100; i++) await world.sendDatagrams([datagram])
      await world.until(() => world.counter('received') === 101)
      assert.equal(world.source.pendingBytes, 101 * (world.texts[0]?.length ?? 0))
      await world.until(() => {
        collect()
        return process.memoryUsage().arrayBuffers - before < 1_000_000
      }, 'the memory of 6 MB')
      world.release()
      await world.until(() => world.texts.length === 101)
      assert.equal(new Set(world.texts).size, 1)
      world.release()
      world.checkCounts()
    })
  }

  it('begins a new block when the old one is from some time before', async () => {
    const clock = new VirtualClock()
    await open({ clock, byHand: true })
    await world.sendDatagrams(['x'])
    await world.until(() => world.texts.length === 1)
    await world.sendDatagrams(['a'])
    await world.until(() => world.counter('received') === 2)
    await clock.advance(100)
    await world.sendDatagrams(['b'])
    await world.until(() => world.counter('received') === 3)
    world.release()
    await world.until(() => world.deliveries.length === 2)
    const [first, second] = world.deliveries[1]?.items ?? []
    assert.equal((second?.receivedMs ?? 0) - (first?.receivedMs ?? 0), 100)
  })

  it('begins a new block when the old one is large', async () => {
    await open({ clock: new VirtualClock(), byHand: true })
    await world.sendDatagrams(['x'])
    await world.until(() => world.texts.length === 1)
    const large = 'x'.repeat(50_000)
    for (let i = 0; i < 50; i++) await world.sendDatagrams([large])
    await world.until(() => world.counter('received') === 51)
    world.release()
    await world.until(() => world.deliveries.length === 2)
    assert.deepEqual(
      world.deliveries[1]?.items.map(({ messages: { count, byteLength } }) => [count, byteLength]),
      [21, 21, 8].map((count) => [count, count * 50_000]),
    )
  })

  it('tells its reader a time which goes on when the wall clock is put back', async () => {
    const wall = { ms: Date.UTC(2026, 0, 2) }
    const seen: number[] = []
    const createDatagramReader: WorldOptions['createDatagramReader'] = (_format, counters) => ({
      push: (datagram, _sender, nowMs) => {
        seen.push(nowMs)
        counters.add('received')
        return datagram
      },
      sweep: () => {},
      pendingSets: 0,
      pendingBytes: 0,
    })
    await open({ clock: { ...systemClock, now: () => wall.ms }, createDatagramReader })
    await world.sendDatagrams(['before'])
    await world.until(() => seen.length === 1)
    wall.ms -= 3_600_000
    await world.sendDatagrams(['after'])
    await world.until(() => seen.length === 2)
    const [before = 0, after = 0] = seen
    assert.ok(after >= before && after - before < 5000, `${before}, then ${after}`)
  })

  it('sweeps its reader each second', async () => {
    const clock = new VirtualClock()
    await open({ clock })
    await clock.advance(3000)
    assert.equal(world.datagrams[0]?.swept, 3)
  })

  it('drops datagrams of those whom --allow does not name', async () => {
    await open({ allow: ['127.0.0.2', 'fd00::/8'] })
    await world.sendDatagrams(['a'])
    await world.sendDatagrams(['b'], { from: '127.0.0.2' })
    await world.until(() => world.texts.length === 1)
    assert.deepEqual([world.texts, world.counter('dropped.not_allowed')], [['b'], 1])
    world.checkCounts()
  })

  it('fault 9: has one name for an IPv4 peer, and the canonical one for an IPv6 peer', async () => {
    await open({ listeners: [{ transport: 'udp', address: '::' }] })
    await world.sendDatagrams(['v4'])
    await world.sendDatagrams(['v6'], { host: '::1' })
    await world.until(() => world.texts.length === 2)
    assert.deepEqual(
      world.messages.map(({ text, address }) => [text, address]),
      [
        ['v4', '127.0.0.1'],
        ['v6', '::1'],
      ],
    )
  })

  it('shares its number with a TCP listener', async () => {
    await open()
    const both = await SocketWorld.open({ listeners: [{ transport: 'tcp', port: world.port() }] })
    const client = await both.connect()
    assert.equal(await client.finish('a'), 'orderly')
    await both.end()
  })

  it('asks for a large receive buffer, and tells what the kernel granted', async () => {
    await open({ limits: { udpReceiveBytes: 20_000 } })
    const [line] = world.logger.find('listening')
    const granted = Number(line?.fields['receive_bytes'])
    assert.ok(granted >= 20_000 && granted < 100_000, `${granted}`)
    assert.equal(world.source.listeners()[0]?.receiveBytes, line?.fields['receive_bytes'])
  })

  it('tells what the kernel dropped, where the system knows', async function () {
    if (process.platform !== 'linux') this.skip()
    await open({ limits: { udpReceiveBytes: 4096 } })
    assert.deepEqual(await world.source.kernelDrops(), new Map([[world.port(), 0]]))
    world.sendBurst(500, 1000)
    await world.until(() => world.counter('received') > 0)
    const drops = (await world.source.kernelDrops()).get(world.port()) ?? 0
    assert.ok(drops > 0)
    await world.until(() => world.counter('received') + drops === 500, 'the sum')
    assert.equal(await kernelDrops(1), undefined)
  })
})

type CreateReader = NonNullable<WorldOptions['createDatagramReader']>

function syslogReader(maxMessageBytes: number): CreateReader {
  return (_format, counters) => ({
    push: (datagram) => syslogDatagram(datagram, { maxMessageBytes, counters }),
    sweep: () => {},
    pendingSets: 0,
    pendingBytes: 0,
  })
}

function gelfReader(): CreateReader {
  return (_format, counters) => new GelfDatagrams({ maxMessageBytes: 524_288, counters })
}

/** With so many bytes of comment in its header (RFC 1952, 2.3.1). */
function gzipWithComment(text: string, commentBytes: number): Buffer {
  const zipped = gzipSync(text)
  const header = Buffer.from(zipped.subarray(0, 10))
  header[3] = 16
  return Buffer.concat([header, Buffer.alloc(commentBytes, 'x'), Buffer.of(0), zipped.subarray(10)])
}

import assert from 'node:assert/strict'
import { startHaproxy } from './relay/haproxy.ts'
import { sendByOpenssl } from './relay/openssl-client.ts'
import { freePorts, PortPool } from './relay/port-pool.ts'
import type { RealProgram } from './relay/real-program.ts'
import { numberedLines, RelayWorld } from './relay/relay-world.ts'
import { sendLines } from './relay/send-lines.ts'

describe('the relay behind HAProxy', function () {
  this.timeout(30_000)
  let world: RelayWorld
  const last = 1999
  const text = (n: string): string => `<13>1 2026-01-01T00:00:00Z web-1 app - - - ${n} größe`
  const lines = numberedLines(last, (n) => `${text(n)}\n`)
  let haproxy: RealProgram | undefined
  let frontends: readonly number[]

  before(async () => {
    world = await RelayWorld.start('relay-balancer', await PortPool.of({ proxied: 2, proxiedTls: 2 }))
    frontends = await freePorts(5)
    const [v1, v2] = [world.take('proxied'), world.take('proxied')]
    const [v1Tls, v2Tls] = [world.take('proxiedTls'), world.take('proxiedTls')]
    const [one = 0, two = 0, three = 0, four = 0, five = 0] = frontends
    haproxy = await startHaproxy(world.folder, [
      { address: '127.0.0.1', port: one, target: v1, server: 'send-proxy' },
      // Its checks open a connection, send a header of a LOCAL command, and close.
      { address: '127.0.0.1', port: two, target: v2, server: 'send-proxy-v2 check check-send-proxy inter 200ms' },
      { address: '127.0.0.1', port: three, target: v2Tls, server: 'send-proxy-v2' },
      { address: '127.0.0.1', port: four, target: v1Tls, server: 'send-proxy' },
      { address: '::1', port: five, target: v2, server: 'send-proxy-v2' },
    ])
  })

  after(async () => {
    await haproxy?.stop()
    await world.close()
  })

  const frontend = (i: number): number => frontends[i] ?? 0

  it("send-proxy: the stream is the client, the port the balancer's", async () => {
    await sendLines({ port: frontend(0), localAddress: '127.0.0.11' }, lines)
    await world.assertReceived(frontend(0), { last }, '127.0.0.11')
  })

  it('send-proxy-v2, with health checks which leave no trace', async () => {
    const said = world.relay.stderr
    await sendLines({ port: frontend(1), localAddress: '127.0.0.12' }, lines)
    await world.assertReceived(frontend(1), { last }, '127.0.0.12')
    assert.equal(world.relay.stderr.slice(said.length), '')
  })

  for (const [i, way] of [
    [2, 'send-proxy-v2'],
    [3, 'send-proxy'],
  ] as const) {
    it(`${way} before TLS`, async () => {
      const address = `127.0.0.1${i + 1}`
      const options = ['-bind', address]
      await sendByOpenssl({ port: frontend(i), ca: world.authority.cert, options }, lines)
      const messages = await world.assertReceived(frontend(i), { last }, address)
      assert.deepEqual(messages, numberedLines(last, text))
    })
  }

  it('send-proxy-v2 of an IPv6 client', async () => {
    await sendLines({ port: frontend(4), host: '::1' }, lines)
    await world.assertReceived(frontend(4), { last }, '::1')
  })

  it('ends on SIGTERM, and nothing else came', () => world.assertEnd())
})

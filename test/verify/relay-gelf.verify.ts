import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { fullChunks, type GelfFields, gelfTexts, sendByGelfPro, sendDatagrams } from './relay/gelf-senders.ts'
import { assertNumbered } from './relay/numbered.ts'
import { type PortKind, PortPool } from './relay/port-pool.ts'
import { numberedLines, RelayWorld } from './relay/relay-world.ts'

const last = 999
/** Of gelf-pro, over IPv4. */
const chunkBytes = 1388

describe('the relay of GELF, from gelf-pro', function () {
  this.timeout(30_000)
  let world: RelayWorld

  before(async () => {
    const ports = await PortPool.of({ udp: 5, tcp: 1, tls: 1 })
    world = await RelayWorld.start('relay-gelf', ports, () => Promise.resolve(['--gelf']))
  })

  after(() => world.close())

  const texts = (count: number, more: (n: string) => Partial<GelfFields> = () => ({})): readonly string[] =>
    gelfTexts(numberedLines(count - 1, (n) => n).map((n) => ({ short_message: n, ...more(n) })))

  /** To the byte, and the time is GELF's own. */
  const assertReceived = async (kind: PortKind, port: number, sent: readonly string[]): Promise<void> => {
    const events = await world.received(port, sent.length)
    // Each message has a connection of its own: nothing holds those in order.
    const ordered =
      kind === 'udp' ? events : events.toSorted((a, b) => (numberOf(a.message) < numberOf(b.message) ? -1 : 1))
    assertNumbered(
      { last: sent.length - 1 },
      ordered.map(({ message }) => message),
      () => world.hint(port),
    )
    const expected = sent.map((message) => {
      const { timestamp } = JSON.parse(message) as { timestamp: number }
      return { message, timestamp: Math.round(timestamp * 1000), logStream: '127.0.0.1' }
    })
    assert.deepEqual(
      ordered.map(({ message, timestamp, logStream }) => ({ message, timestamp, logStream })),
      expected,
    )
  }

  it('UDP, a chunk each', async () => {
    const port = world.take('udp')
    const sent = texts(last + 1)
    await sendByGelfPro('udp', { host: '127.0.0.1', port, protocol: 'udp4' }, sent)
    await assertReceived('udp', port, sent)
  })

  it('UDP in chunks, two to 126', async () => {
    const port = world.take('udp')
    // Of hexadecimal digits half a byte is left when they are compressed.
    const sent = texts(60, (n) => ({ full_message: randomBytes(1500 + numberOf(n) * 2600).toString('hex') }))
    await sendByGelfPro('udp', { host: '127.0.0.1', port, protocol: 'udp4' }, sent)
    await assertReceived('udp', port, sent)
  })

  it('UDP in chunks, with an empty one behind a full one', async () => {
    const port = world.take('udp')
    const sent = numberedLines(2, (n) => fullChunks(n, chunkBytes))
    await sendByGelfPro('udp', { host: '127.0.0.1', port, protocol: 'udp4' }, sent)
    await assertReceived('udp', port, sent)
  })

  for (const isGzip of [false, true]) {
    it(`its texts over UDP ${isGzip ? 'as gzip' : 'as they are'}`, async () => {
      const port = world.take('udp')
      const sent = texts(last + 1)
      await sendDatagrams(port, sent, isGzip)
      await assertReceived('udp', port, sent)
    })
  }

  it('TCP', async () => {
    const port = world.take('tcp')
    const sent = texts(last + 1)
    await sendByGelfPro('tcp', { host: '127.0.0.1', port, family: 4 }, sent)
    await assertReceived('tcp', port, sent)
  })

  it('TLS', async () => {
    const port = world.take('tls')
    const sent = texts(300)
    // It has no option for a CA beside a client's certificate, but hands on what `tls.connect` knows.
    const options = { host: '127.0.0.1', port, family: 4, rejectUnauthorized: false }
    await sendByGelfPro('tcp-tls', options, sent)
    await assertReceived('tls', port, sent)
  })

  it('ends on SIGTERM, and nothing came twice', () => world.assertEnd())
})

function numberOf(text: string): number {
  return Number(/n=(\d{6})/.exec(text)?.[1])
}

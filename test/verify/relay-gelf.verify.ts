import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Authority } from './relay/certificates.ts'
import { Delivery } from './relay/delivery.ts'
import { fullChunks, type GelfFields, gelfTexts, sendByGelfPro, sendDatagrams } from './relay/gelf-senders.ts'
import { kernelDrops } from './relay/kernel-sockets.ts'
import { assertNumbered } from './relay/numbered.ts'
import { type PortKind, PortPool } from './relay/port-pool.ts'
import { RelayProcess } from './relay/relay-process.ts'

/** A moto server, which takes any credentials: `KINLOADER_VERIFY_FIREHOSE_ENDPOINT=http://127.0.0.1:5000`. */
const endpoint = process.env['KINLOADER_VERIFY_FIREHOSE_ENDPOINT']
if (endpoint === undefined) throw new Error('Set KINLOADER_VERIFY_FIREHOSE_ENDPOINT to the endpoint to verify against.')

const last = 999
/** Of gelf-pro, over IPv4. */
const chunkBytes = 1388

describe('the relay of GELF, from gelf-pro', function () {
  this.timeout(30_000)
  let folder: string
  let delivery: Delivery
  let relay: RelayProcess
  let ports: PortPool

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kinloader-gelf-'))
    const authority = await Authority.create(folder, 'authority')
    const server = await authority.issue('relay', 'DNS:localhost,IP:127.0.0.1')
    delivery = await Delivery.create(endpoint, 'relay-gelf')
    ports = await PortPool.of({ udp: 5, tcp: 1, tls: 1 })
    const options = ['--gelf', '--cert', server.cert, '--key', server.key]
    relay = await RelayProcess.start({ endpoint, stream: delivery.stream, ports, options })
  })

  after(async () => {
    await relay.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const texts = (count: number, more: (n: string) => Partial<GelfFields> = () => ({})): readonly string[] =>
    gelfTexts(numbers(count).map((n) => ({ short_message: n, ...more(n) })))

  /** To the byte, and the time is GELF's own. */
  const assertReceived = async (kind: PortKind, port: number, sent: readonly string[]): Promise<void> => {
    const events = await delivery.wait('gelf', port, sent.length)
    // Each message has a connection of its own: nothing holds those in order.
    const ordered =
      kind === 'udp' ? events : events.toSorted((a, b) => (numberOf(a.message) < numberOf(b.message) ? -1 : 1))
    const hint = (): string => `${kernelDrops(port)} dropped by the kernel; ${relay.stderr.slice(-1000)}`
    assertNumbered(
      { last: sent.length - 1 },
      ordered.map(({ message }) => message),
      hint,
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
    const port = ports.take('udp')
    const sent = texts(last + 1)
    await sendByGelfPro('udp', { host: '127.0.0.1', port, protocol: 'udp4' }, sent)
    await assertReceived('udp', port, sent)
  })

  it('UDP in chunks, two to 126', async () => {
    const port = ports.take('udp')
    // Of hexadecimal digits half a byte is left when they are compressed.
    const sent = texts(60, (n) => ({ full_message: randomBytes(1500 + numberOf(n) * 2600).toString('hex') }))
    await sendByGelfPro('udp', { host: '127.0.0.1', port, protocol: 'udp4' }, sent)
    await assertReceived('udp', port, sent)
  })

  it('UDP in chunks, with an empty one behind a full one', async () => {
    const port = ports.take('udp')
    const sent = numbers(3).map((n) => fullChunks(n, chunkBytes))
    await sendByGelfPro('udp', { host: '127.0.0.1', port, protocol: 'udp4' }, sent)
    await assertReceived('udp', port, sent)
  })

  for (const isGzip of [false, true]) {
    it(`its texts over UDP ${isGzip ? 'as gzip' : 'as they are'}`, async () => {
      const port = ports.take('udp')
      const sent = texts(last + 1)
      await sendDatagrams(port, sent, isGzip)
      await assertReceived('udp', port, sent)
    })
  }

  it('TCP', async () => {
    const port = ports.take('tcp')
    const sent = texts(last + 1)
    await sendByGelfPro('tcp', { host: '127.0.0.1', port, family: 4 }, sent)
    await assertReceived('tcp', port, sent)
  })

  it('TLS', async () => {
    const port = ports.take('tls')
    const sent = texts(300)
    // It has no option for a CA beside a client's certificate, but hands on what `tls.connect` knows.
    const options = { host: '127.0.0.1', port, family: 4, rejectUnauthorized: false }
    await sendByGelfPro('tcp-tls', options, sent)
    await assertReceived('tls', port, sent)
  })

  it('ends on SIGTERM with everything uploaded, and nothing came twice', async () => {
    const before = delivery.counts
    const { code, stderr } = await relay.stop()
    assert.equal(code, 0, stderr)
    await delivery.refresh()
    assert.deepEqual(delivery.counts, before)
  })
})

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `n=${String(i).padStart(6, '0')}`)
}

function numberOf(text: string): number {
  return Number(/n=(\d{6})/.exec(text)?.[1])
}

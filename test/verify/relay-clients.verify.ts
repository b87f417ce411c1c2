import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Authority, type Certificate } from './relay/certificates.ts'
import { startHaproxy } from './relay/haproxy.ts'
import { type OpensslTarget, sendByOpenssl, trySendByOpenssl } from './relay/openssl-client.ts'
import { freePorts, PortPool } from './relay/port-pool.ts'
import type { RealProgram } from './relay/real-program.ts'
import { numberedLines, RelayWorld } from './relay/relay-world.ts'
import { startRsyslog } from './relay/rsyslog.ts'
import { sendLines } from './relay/send-lines.ts'

const last = 499
const names = 'DNS:web-1.clients.example'

describe('the relay, before clients with certificates', function () {
  this.timeout(30_000)
  let world: RelayWorld
  let haproxy: RealProgram | undefined
  let metricsPort: number
  let balancer: number
  let good: Certificate
  let listed: Certificate
  let revoked: Certificate
  const lines = numberedLines(last, (n) => `<13>1 - web-1 app - - - ${n}\n`)

  before(async () => {
    const [one = 0, two = 0] = await freePorts(2)
    ;[metricsPort, balancer] = [one, two]
    const ports = await PortPool.of({ tls: 4, proxiedTls: 1 })
    world = await RelayWorld.start('relay-clients', ports, async (folder, authority) => {
      good = await authority.issue('good', names)
      revoked = await authority.issue('revoked', names)
      listed = await Authority.selfSigned(folder, 'listed', names)
      const { raw } = new X509Certificate(readFileSync(listed.cert))
      return [
        ...['--client-ca', authority.cert, '--client-crl', await authority.revoke(revoked)],
        ...['--client-fingerprint', createHash('sha256').update(raw).digest('hex')],
        ...['--client-name', '*.clients.example', '--prometheus-port', `${metricsPort}`, '--pack-records'],
      ]
    })
    const target = world.take('proxiedTls')
    haproxy = await startHaproxy(world.folder, [
      { address: '127.0.0.1', port: balancer, target, server: 'send-proxy-v2' },
    ])
  })

  after(async () => {
    await haproxy?.stop()
    await world.close()
  })

  const to = (port: number, certificate: Certificate | undefined, ...options: readonly string[]): OpensslTarget => ({
    port,
    ca: world.authority.cert,
    certificate,
    options,
  })

  for (const version of ['-tls1_3', '-tls1_2']) {
    it(`takes what a client with a certificate of its authority sends, ${version}`, async () => {
      const port = world.take('tls')
      await sendByOpenssl(to(port, good, version), lines)
      await world.assertReceived(port, { last })
    })
  }

  it('takes what a client behind HAProxy sends', async () => {
    await sendByOpenssl(to(balancer, good, '-bind', '127.0.0.21'), lines)
    await world.assertReceived(balancer, { last }, '127.0.0.21')
  })

  it('takes what rsyslog sends, with octet counts as RFC 5425 has it', async () => {
    const port = world.take('tls')
    const [input = 0] = await freePorts(1)
    const driver = 'StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name"'
    const format = 'template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted"'
    const action = `protocol="tcp" ${format} ${driver} StreamDriverPermittedPeers="localhost"`
    const rsyslog = await startRsyslog(world.folder, [{ port: input, target: port, action }], {
      ca: world.authority.cert,
      ...good,
    })
    try {
      await sendLines({ port: input }, lines)
      await world.assertReceived(port, { last })
    } finally {
      await rsyslog.stop()
    }
  })

  describe('refuses, counts and delivers nothing of', () => {
    let port: number
    before(() => {
      port = world.take('tls')
    })

    const assertRefused = async (
      reason: string,
      certificate: Certificate | undefined,
      ...args: readonly string[]
    ): Promise<void> => {
      const before = await refusals()
      for (const version of ['-tls1_3', '-tls1_2'])
        await trySendByOpenssl(to(port, certificate, version, ...args), lines)
      const counted = await refusals()
      assert.deepEqual(counted, { ...before, [reason]: (before[reason] ?? 0) + 2 })
      assert.equal(world.delivery.events('syslog', port).length, 0)
    }

    it('a client without a certificate', () => assertRefused('missing', undefined))

    it('one which signed its own', async () =>
      assertRefused('self_signed', await Authority.selfSigned(world.folder, 'itself', names)))

    it("one of another authority's", async () => {
      const other = await Authority.create(world.folder, 'another authority')
      await assertRefused('unknown_ca', await other.issue('other', names))
    })

    it("one of another authority's, which it sends along", async () => {
      const other = await Authority.create(world.folder, 'a third authority')
      await assertRefused('unknown_ca', await other.issue('third', names), '-cert_chain', other.cert)
    })

    it('one of another name', async () =>
      assertRefused('wrong_name', await world.authority.issue('stranger', 'DNS:web-1.servers.example')))

    it('one whose certificate was revoked', () => assertRefused('revoked', revoked))

    it('but takes the self-signed one which is listed', async () => {
      await sendByOpenssl(to(port, listed), lines)
      await world.assertReceived(port, { last })
    })
  })

  describe('at its end', () => {
    it('nothing else came', () => world.assertEnd())
  })

  /** Of all ports, by what the relay itself says. */
  const refusals = async (): Promise<Readonly<Record<string, number>>> => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    const sums: Record<string, number> = {}
    for (const [, labels = '', value] of text.matchAll(/^kinesyslog_tls_refused_total\{(.*)\} (\d+)$/gm)) {
      const reason = /reason="(\w+)"/.exec(labels)?.[1] ?? ''
      sums[reason] = (sums[reason] ?? 0) + Number(value)
    }
    return sums
  }
})

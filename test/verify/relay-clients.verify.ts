import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Authority, type Certificate } from './relay/certificates.ts'
import { Delivery } from './relay/delivery.ts'
import { startHaproxy } from './relay/haproxy.ts'
import { assertNumbered } from './relay/numbered.ts'
import { freePorts, PortPool } from './relay/port-pool.ts'
import { mustRun, type RealProgram, runProgram } from './relay/real-program.ts'
import { RelayProcess } from './relay/relay-process.ts'
import { startRsyslog } from './relay/rsyslog.ts'
import { sendLines } from './relay/send-lines.ts'

/** A moto server, which takes any credentials: `KINLOADER_VERIFY_FIREHOSE_ENDPOINT=http://127.0.0.1:5000`. */
const endpoint = process.env['KINLOADER_VERIFY_FIREHOSE_ENDPOINT']
if (endpoint === undefined) throw new Error('Set KINLOADER_VERIFY_FIREHOSE_ENDPOINT to the endpoint to verify against.')

const last = 499
const names = 'DNS:web-1.clients.example'

describe('the relay, before clients with certificates', function () {
  this.timeout(30_000)
  let folder: string
  let delivery: Delivery
  let relay: RelayProcess
  let ports: PortPool
  let haproxy: RealProgram | undefined
  let metricsPort: number
  let balancer: number
  let authority: Authority
  let good: Certificate
  let listed: Certificate
  let revoked: Certificate

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'kinloader-clients-'))
    authority = await Authority.create(folder, 'authority')
    const server = await authority.issue('relay', 'DNS:localhost,IP:127.0.0.1')
    good = await authority.issue('good', names)
    revoked = await authority.issue('revoked', names)
    listed = await Authority.selfSigned(folder, 'listed', names)
    const crl = await authority.revoke(revoked)
    delivery = await Delivery.create(endpoint, 'relay-clients')
    ports = await PortPool.of({ tls: 4, proxiedTls: 1 })
    const [one = 0, two = 0] = await freePorts(2)
    ;[metricsPort, balancer] = [one, two]
    const { raw } = new X509Certificate(readFileSync(listed.cert))
    relay = await RelayProcess.start({
      endpoint,
      stream: delivery.stream,
      ports,
      options: [
        ...['--cert', server.cert, '--key', server.key, '--client-ca', authority.cert, '--client-crl', crl],
        ...['--client-name', '*.clients.example', '--prometheus-port', `${metricsPort}`, '--pack-records'],
        ...['--client-fingerprint', createHash('sha256').update(raw).digest('hex')],
      ],
    })
    const target = ports.take('proxiedTls')
    haproxy = await startHaproxy(folder, [{ address: '127.0.0.1', port: balancer, target, server: 'send-proxy-v2' }])
  })

  after(async () => {
    await haproxy?.stop()
    await relay.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const lines = Array.from({ length: last + 1 }, (_, i) => `<13>1 - web-1 app - - - n=${String(i).padStart(6, '0')}\n`)
  const send = (port: number, certificate: Certificate | undefined, ...args: readonly string[]) => {
    const options = ['-quiet', '-no_ign_eof', '-nocommands', '-CAfile', authority.cert, '-verify_return_error', ...args]
    const own = certificate === undefined ? [] : ['-cert', certificate.cert, '-key', certificate.key]
    return ['s_client', '-connect', `127.0.0.1:${port}`, ...options, ...own]
  }
  const assertReceived = async (port: number, address = '127.0.0.1'): Promise<void> => {
    const events = await delivery.wait('syslog', port, lines.length)
    assertNumbered(
      { last },
      events.map(({ message }) => message),
      () => relay.stderr.slice(-1000),
    )
    assert.deepEqual([...new Set(events.map(({ logStream }) => logStream))], [address])
  }

  for (const version of ['-tls1_3', '-tls1_2']) {
    it(`takes what a client with a certificate of its authority sends, ${version}`, async () => {
      const port = ports.take('tls')
      await mustRun('openssl', send(port, good, version), { input: lines.join('') })
      await assertReceived(port)
    })
  }

  it('takes what a client behind HAProxy sends', async () => {
    await mustRun('openssl', send(balancer, good, '-bind', '127.0.0.21'), { input: lines.join('') })
    await assertReceived(balancer, '127.0.0.21')
  })

  it('takes what rsyslog sends, with octet counts as RFC 5425 has it', async () => {
    const port = ports.take('tls')
    const [input = 0] = await freePorts(1)
    const driver = 'StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name"'
    const format = 'template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="octet-counted"'
    const action = `protocol="tcp" ${format} ${driver} StreamDriverPermittedPeers="localhost"`
    const rsyslog = await startRsyslog(folder, [{ port: input, target: port, action }], {
      ca: authority.cert,
      ...good,
    })
    try {
      await sendLines({ port: input }, lines)
      await assertReceived(port)
    } finally {
      await rsyslog.stop()
    }
  })

  describe('refuses, counts and delivers nothing of', () => {
    let port: number
    before(() => {
      port = ports.take('tls')
    })

    const assertRefused = async (
      reason: string,
      certificate: Certificate | undefined,
      ...args: readonly string[]
    ): Promise<void> => {
      const before = await refusals()
      for (const version of ['-tls1_3', '-tls1_2'])
        await runProgram('openssl', send(port, certificate, version, ...args), { input: lines.join('') })
      const counted = await refusals()
      assert.deepEqual(counted, { ...before, [reason]: (before[reason] ?? 0) + 2 })
      assert.equal(delivery.events('syslog', port).length, 0)
    }

    it('a client without a certificate', () => assertRefused('missing', undefined))

    it('one which signed its own', async () =>
      assertRefused('self_signed', await Authority.selfSigned(folder, 'itself', names)))

    it("one of another authority's", async () => {
      const other = await Authority.create(folder, 'another authority')
      await assertRefused('unknown_ca', await other.issue('other', names))
    })

    it("one of another authority's, which it sends along", async () => {
      const other = await Authority.create(folder, 'a third authority')
      await assertRefused('unknown_ca', await other.issue('third', names), '-cert_chain', other.cert)
    })

    it('one of another name', async () =>
      assertRefused('wrong_name', await authority.issue('stranger', 'DNS:web-1.servers.example')))

    it('one whose certificate was revoked', () => assertRefused('revoked', revoked))

    it('but takes the self-signed one which is listed', async () => {
      await mustRun('openssl', send(port, listed), { input: lines.join('') })
      await assertReceived(port)
    })
  })

  describe('at its end', () => {
    it('nothing else came', async () => {
      const { code, stderr } = await relay.stop()
      assert.equal(code, 0, stderr)
      await delivery.refresh()
      assert.deepEqual(
        Object.values(delivery.counts),
        Array.from({ length: 5 }, () => lines.length),
      )
    })
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

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { testedNode } from '../support/tested-node.ts'
import { Authority } from './relay/certificates.ts'
import { type DeliveredEvent, Delivery } from './relay/delivery.ts'
import { startHaproxy } from './relay/haproxy.ts'
import { kernelDrops } from './relay/kernel-sockets.ts'
import { assertNumbered, type Numbered } from './relay/numbered.ts'
import { mustRun, type RealProgram } from './relay/real-program.ts'
import { freePorts, PortPool } from './relay/port-pool.ts'
import { RelayProcess, relayScript } from './relay/relay-process.ts'
import { startRsyslog } from './relay/rsyslog.ts'
import { sendLines } from './relay/send-lines.ts'

/** A moto server, which takes any credentials: `KINLOADER_VERIFY_FIREHOSE_ENDPOINT=http://127.0.0.1:5000`. */
const endpoint = process.env['KINLOADER_VERIFY_FIREHOSE_ENDPOINT']
if (endpoint === undefined) throw new Error('Set KINLOADER_VERIFY_FIREHOSE_ENDPOINT to the endpoint to verify against.')

const folder = mkdtempSync(path.join(tmpdir(), 'kinloader-senders-'))
after(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the relay of syslog', function () {
  this.timeout(30_000)
  let delivery: Delivery
  let relay: RelayProcess
  let authority: Authority
  let ports: PortPool
  /** What each port was sent in all, for the end. */
  const sent: Record<number, number> = {}

  before(async () => {
    authority = await Authority.create(folder, 'authority')
    const server = await authority.issue('relay', 'DNS:localhost,IP:127.0.0.1')
    ports = await PortPool.of({ udp: 4, tcp: 10, tls: 3, proxied: 2, proxiedTls: 1 })
    delivery = await Delivery.create(endpoint, 'relay-syslog')
    relay = await RelayProcess.start({
      endpoint,
      stream: delivery.stream,
      ports,
      options: ['--cert', server.cert, '--key', server.key],
    })
  })

  after(async () => {
    await relay.stop()
  })

  const received = async (port: number, count: number): Promise<readonly DeliveredEvent[]> => {
    sent[port] = (sent[port] ?? 0) + count
    return delivery.wait('syslog', port, count)
  }

  /** All of them came, in order, each once, from that address. */
  const assertReceived = async (
    port: number,
    numbered: Numbered,
    address = '127.0.0.1',
  ): Promise<readonly string[]> => {
    const events = await received(port, numbered.last + 1)
    const hint = (): string => `${kernelDrops(port)} dropped by the kernel; ${relay.stderr.slice(-1000)}`
    const messages = events.map(({ message }) => message)
    assertNumbered(numbered, messages, hint)
    assert.deepEqual([...new Set(events.map(({ logStream }) => logStream))], [address])
    return messages
  }

  // loggen sends the first second's messages at once: over UDP the kernel has to hold them. And it never reads: when it
  // closes on the session tickets which a server sends in TLS 1.3, the kernel throws away what loggen has not sent yet.
  describe('from loggen of syslog-ng', () => {
    const loggen = (port: number, ...args: readonly string[]): Promise<unknown> =>
      mustRun('loggen', [...args, '127.0.0.1', `${port}`])
    const seq = /seq: (\d{10}), thread: 0000/
    const padded = /^<38>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d localhost prg00000\[1234\]: seq: [^\n]* (PADD)+P?A?D?$/

    it('over UDP', async () => {
      const port = ports.take('udp')
      await loggen(port, '--inet', '--dgram', '--no-framing', '--rate', '2500', '--number', '6000', '--size', '1000')
      const messages = await assertReceived(port, { last: 5999, pattern: seq })
      for (const message of messages) assert.match(message, padded)
    })

    it('over TCP without framing', async () => {
      const port = ports.take('tcp')
      await loggen(port, '--inet', '--stream', '--no-framing', '--rate', '40000', '--number', '20000', '--size', '1000')
      const messages = await assertReceived(port, { last: 19_999, pattern: seq })
      for (const message of messages) assert.match(message, padded)
    })

    it('over TCP with octet counts of the IETF, ten connections', async () => {
      const port = ports.take('tcp')
      const connections = ['--active-connections', '10']
      await loggen(
        port,
        '--stream',
        '--syslog-proto',
        '--rate',
        '4000',
        '--number',
        '2000',
        '--size',
        '300',
        ...connections,
      )
      const events = await received(port, 20_000)
      for (let thread = 0; thread < 10; thread += 1) {
        const name = `thread: ${String(thread).padStart(4, '0')}`
        const own = events.map(({ message }) => message).filter((message) => message.includes(name))
        assertNumbered({ last: 1999, pattern: /seq: (\d{10}),/ }, own, () => name)
        // What a count frames is kept to the byte: its byte order mark, and the line feed at its end.
        for (const message of own) {
          assert.equal(Buffer.byteLength(message), 300)
          assert.match(message, /^<38>1 \S+ localhost prg00000 1234 - - \uFEFFseq: [^\n]*\n$/)
        }
      }
    })

    it('over TLS', async () => {
      const port = ports.take('tls')
      await loggen(port, '--use-ssl', '--no-framing', '--rate', '1000', '--number', '2000', '--size', '500')
      const messages = await assertReceived(port, { last: 1999, pattern: seq })
      for (const message of messages) assert.match(message, padded)
    })

    it('over TLS with octet counts of the IETF', async () => {
      const port = ports.take('tls')
      await loggen(port, '--use-ssl', '--syslog-proto', '--rate', '1000', '--number', '2000', '--size', '500')
      const messages = await assertReceived(port, { last: 1999, pattern: seq })
      for (const message of messages) assert.equal(Buffer.byteLength(message), 500)
    })
  })

  describe('from logger of util-linux', () => {
    const rfc3164 = /^<13>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ app: n=\d{6} größe$/
    const rfc5424 =
      /^<13>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\S+ \S+ app - - (\[timeQuality [^\]]*\] )?n=\d{6} größe$/
    const last = 1999
    let file: string

    before(() => {
      file = path.join(folder, 'numbered')
      writeFileSync(file, numberedLines(last, (n) => `${n} größe\n`).join(''))
    })

    const ways = [
      { kind: 'udp', args: ['--udp', '--rfc3164'], pattern: rfc3164 },
      { kind: 'udp', args: ['--udp', '--rfc5424'], pattern: rfc5424 },
      { kind: 'tcp', args: ['--tcp', '--rfc3164'], pattern: rfc3164 },
      { kind: 'tcp', args: ['--tcp', '--rfc5424'], pattern: rfc5424 },
      { kind: 'tcp', args: ['--tcp', '--octet-count', '--rfc3164'], pattern: rfc3164 },
      { kind: 'tcp', args: ['--tcp', '--octet-count', '--rfc5424'], pattern: rfc5424 },
    ] as const
    for (const { kind, args, pattern } of ways) {
      it(args.join(' '), async () => {
        const port = ports.take(kind)
        await mustRun('logger', ['-n', '127.0.0.1', '-P', `${port}`, ...args, '-t', 'app', '-f', file])
        for (const message of await assertReceived(port, { last })) assert.match(message, pattern)
      })
    }
  })

  describe('from rsyslog', () => {
    const last = 2999
    const ways = [
      {
        name: 'traditional framing, traditional format',
        action: 'protocol="tcp" template="RSYSLOG_TraditionalForwardFormat" TCP_Framing="traditional"',
        pattern: /^<14>Feb 21 21:07:50 web-1 app: n=\d{6} größe$/,
      },
      {
        name: 'octet counts, ISO format',
        action: 'protocol="tcp" template="RSYSLOG_ForwardFormat" TCP_Framing="octet-counted"',
        pattern: /^<14>2018-02-21T21:07:50\.239881\+00:00 web-1 app: n=\d{6} größe$/,
        timestamp: 1_519_247_270_240,
      },
      {
        name: 'traditional framing, RFC 5424',
        action: 'protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" TCP_Framing="traditional"',
        pattern: /^<14>1 2018-02-21T21:07:50\.239881\+00:00 web-1 app - - - n=\d{6} größe$/,
        timestamp: 1_519_247_270_240,
      },
      {
        name: 'UDP, ISO format',
        action: 'protocol="udp" template="RSYSLOG_ForwardFormat"',
        pattern: /^<14>2018-02-21T21:07:50\.239881\+00:00 web-1 app: n=\d{6} größe$/,
        timestamp: 1_519_247_270_240,
      },
    ]
    let rsyslog: RealProgram | undefined
    let inputs: readonly number[]
    let targets: readonly number[]

    before(async () => {
      inputs = await freePorts(ways.length)
      targets = ways.map(({ action }) => ports.take(action.includes('udp') ? 'udp' : 'tcp'))
      const forwards = ways.map(({ action }, i) => ({ port: inputs[i] ?? 0, target: targets[i] ?? 0, action }))
      rsyslog = await startRsyslog(folder, forwards)
    })

    after(() => rsyslog?.stop())

    for (const [i, { name, action, pattern, timestamp }] of ways.entries()) {
      it(name, async () => {
        const head = action.includes('Protocol23')
          ? '1 2018-02-21T21:07:50.239881+00:00 web-1 app - - -'
          : '2018-02-21T21:07:50.239881+00:00 web-1 app:'
        const line = (n: string): string => `<14>${head} ${n} größe\n`
        await sendLines({ port: inputs[i] ?? 0 }, numberedLines(last, line))
        const target = targets[i] ?? 0
        const messages = await assertReceived(target, { last })
        for (const message of messages) assert.match(message, pattern)
        const times = new Set(delivery.events('syslog', target).map((event) => event.timestamp))
        if (timestamp !== undefined) assert.deepEqual([...times], [timestamp])
      })
    }
  })

  describe('from behind HAProxy', () => {
    const last = 1999
    const text = (n: string): string => `<13>1 2026-01-01T00:00:00Z web-1 app - - - ${n} größe`
    const lines = numberedLines(last, (n) => `${text(n)}\n`)
    let haproxy: RealProgram | undefined
    let frontends: readonly number[]

    before(async () => {
      frontends = await freePorts(4)
      const [v1, v2, v2Tls] = [ports.take('proxied'), ports.take('proxied'), ports.take('proxiedTls')]
      const [one = 0, two = 0, three = 0, four = 0] = frontends
      haproxy = await startHaproxy(folder, [
        { address: '127.0.0.1', port: one, target: v1, server: 'send-proxy' },
        // Its checks open a connection, send a header of a LOCAL command, and close.
        { address: '127.0.0.1', port: two, target: v2, server: 'send-proxy-v2 check check-send-proxy inter 200ms' },
        { address: '127.0.0.1', port: three, target: v2Tls, server: 'send-proxy-v2' },
        { address: '::1', port: four, target: v2, server: 'send-proxy-v2' },
      ])
    })

    after(() => haproxy?.stop())

    const frontend = (i: number): number => frontends[i] ?? 0

    it("send-proxy: the stream is the client, the port the balancer's", async () => {
      await sendLines({ port: frontend(0), localAddress: '127.0.0.11' }, lines)
      await assertReceived(frontend(0), { last }, '127.0.0.11')
    })

    it('send-proxy-v2, with health checks which leave no trace', async () => {
      const said = relay.stderr
      await sendLines({ port: frontend(1), localAddress: '127.0.0.12' }, lines)
      await assertReceived(frontend(1), { last }, '127.0.0.12')
      assert.equal(relay.stderr.slice(said.length), '')
    })

    it('send-proxy-v2 before TLS', async () => {
      const port = frontend(2)
      const { stderr } = await mustRun(
        'openssl',
        [...sClient(port), '-CAfile', authority.cert, '-verify_return_error', '-bind', '127.0.0.13'],
        { input: lines.join('') },
      )
      const messages = await assertReceived(port, { last }, '127.0.0.13')
      assert.deepEqual(messages[last], text(`n=${String(last).padStart(6, '0')}`), stderr)
    })

    it('send-proxy-v2 of an IPv6 client', async () => {
      await sendLines({ port: frontend(3), host: '::1' }, lines)
      await assertReceived(frontend(3), { last }, '::1')
    })
  })

  describe('from openssl s_client', () => {
    it('over TLS 1.2', async () => {
      const port = ports.take('tls')
      const lines = numberedLines(1999, (n) => `<13>1 - web-1 app - - - ${n}\n`)
      const args = [...sClient(port), '-tls1_2', '-CAfile', authority.cert, '-verify_return_error']
      await mustRun('openssl', args, { input: lines.join('') })
      await assertReceived(port, { last: 1999 })
    })
  })

  describe('at its end', () => {
    const last = 9999
    // A few long ones among them, and the last without its end.
    const text = (n: string): string => `<13>${n}${n.endsWith('77') ? ` ${'größe '.repeat(100)}.` : ''}`
    let port: number

    it('SIGTERM has everything uploaded, and nothing came twice', async () => {
      port = ports.take('tcp')
      await sendLines({ port }, [numberedLines(last, text).join('\n')])
      sent[port] = last + 1
      const { code, stderr } = await relay.stop()
      assert.equal(code, 0, stderr)
      await delivery.refresh()
      const expected = Object.entries(sent).map(([number, count]) => [`/kinesyslog/syslog/${number}`, count] as const)
      assert.deepEqual(delivery.counts, Object.fromEntries(expected))
    })

    it('the objects in S3 are what a reader of such objects prints, message by message', async () => {
      const files = delivery.objects.map((object, i) => {
        const file = path.join(folder, `object-${i}`)
        writeFileSync(file, object)
        return file
      })
      const printed = async (...args: readonly string[]): Promise<readonly string[]> => {
        const script = fileURLToPath(new URL('../../scripts/s3-dump.ts', import.meta.url))
        const { stdout } = await mustRun(testedNode, [
          script,
          '--group',
          `/kinesyslog/syslog/${port}`,
          ...args,
          ...files,
        ])
        return stdout.split('\n').slice(0, -1)
      }
      const all = numberedLines(last, text)
      assert.deepEqual(await printed(), all)
      assert.deepEqual(
        await printed('--length', '600'),
        all.filter((message) => message.length >= 600),
      )
    })
  })
})

describe('the unit of the relay', () => {
  it('is what systemd takes, also with everything set which may be', async () => {
    const script = await relayScript()
    const { stdout } = await mustRun(testedNode, [script, 'install', '--dry-run', '--user', 'daemon'])
    const [, unit = '', override = ''] = stdout.split(/^# \/etc\/systemd\/system\/.*\n/m)
    assert.match(unit, /^\[Unit\]/)
    assert.match(override, /^Environment=/m)
    const file = path.join(folder, 'kinesyslog.service')
    mkdirSync(`${file}.d`)
    writeFileSync(file, unit)
    for (const text of [override, override.replaceAll(/^#(Environment|User)=/gm, '$1=')]) {
      writeFileSync(path.join(`${file}.d`, 'override.conf'), text)
      const { stderr } = await mustRun('systemd-analyze', ['verify', '--man=no', file])
      // What it does not know it tells, and passes over.
      assert.equal(stderr, '')
    }
  })
})

function numberedLines(last: number, line: (n: string) => string): readonly string[] {
  return Array.from({ length: last + 1 }, (_, i) => line(`n=${String(i).padStart(6, '0')}`))
}

/** `s_client` which sends its input and closes; without `-nocommands` a line with Q would end it. */
function sClient(port: number): readonly string[] {
  return ['s_client', '-connect', `127.0.0.1:${port}`, '-quiet', '-no_ign_eof', '-nocommands']
}

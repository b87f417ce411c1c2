import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { testedNode } from '../support/tested-node.ts'
import { assertNumbered } from './relay/numbered.ts'
import { freePorts, PortPool } from './relay/port-pool.ts'
import { mustRun, type RealProgram } from './relay/real-program.ts'
import { numberedLines, RelayWorld } from './relay/relay-world.ts'
import { startRsyslog } from './relay/rsyslog.ts'
import { sendLines } from './relay/send-lines.ts'

describe('the relay of syslog', function () {
  this.timeout(30_000)
  let world: RelayWorld

  before(async () => {
    world = await RelayWorld.start('relay-syslog', await PortPool.of({ udp: 4, tcp: 10, tls: 2 }))
  })

  after(() => world.close())

  // loggen sends the first second's messages at once: over UDP the kernel has to hold them. And it never reads: when it
  // closes on the session tickets which a server sends in TLS 1.3, the kernel throws away what loggen has not sent yet.
  describe('from loggen of syslog-ng', () => {
    const loggen = (port: number, ...args: readonly string[]): Promise<unknown> =>
      mustRun('loggen', [...args, '127.0.0.1', `${port}`])
    const seq = /seq: (\d{10}), thread: 0000/
    const padded = /^<38>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d localhost prg00000\[1234\]: seq: [^\n]* (PADD)+P?A?D?$/

    it('over UDP', async () => {
      const port = world.take('udp')
      await loggen(port, '--inet', '--dgram', '--no-framing', '--rate', '2500', '--number', '6000', '--size', '1000')
      const messages = await world.assertReceived(port, { last: 5999, pattern: seq })
      for (const message of messages) assert.match(message, padded)
    })

    it('over TCP without framing', async () => {
      const port = world.take('tcp')
      await loggen(port, '--inet', '--stream', '--no-framing', '--rate', '40000', '--number', '20000', '--size', '1000')
      const messages = await world.assertReceived(port, { last: 19_999, pattern: seq })
      for (const message of messages) assert.match(message, padded)
    })

    it('over TCP with octet counts of the IETF, ten connections', async () => {
      const port = world.take('tcp')
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
      const events = await world.received(port, 20_000)
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
      const port = world.take('tls')
      await loggen(port, '--use-ssl', '--no-framing', '--rate', '1000', '--number', '2000', '--size', '500')
      const messages = await world.assertReceived(port, { last: 1999, pattern: seq })
      for (const message of messages) assert.match(message, padded)
    })

    it('over TLS with octet counts of the IETF', async () => {
      const port = world.take('tls')
      await loggen(port, '--use-ssl', '--syslog-proto', '--rate', '1000', '--number', '2000', '--size', '500')
      const messages = await world.assertReceived(port, { last: 1999, pattern: seq })
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
      file = path.join(world.folder, 'numbered')
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
        const port = world.take(kind)
        await mustRun('logger', ['-n', '127.0.0.1', '-P', `${port}`, ...args, '-t', 'app', '-f', file])
        for (const message of await world.assertReceived(port, { last })) assert.match(message, pattern)
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
      targets = ways.map(({ action }) => world.take(action.includes('udp') ? 'udp' : 'tcp'))
      const forwards = ways.map(({ action }, i) => ({ port: inputs[i] ?? 0, target: targets[i] ?? 0, action }))
      rsyslog = await startRsyslog(world.folder, forwards)
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
        const messages = await world.assertReceived(target, { last })
        for (const message of messages) assert.match(message, pattern)
        const times = new Set(world.delivery.events('syslog', target).map((event) => event.timestamp))
        if (timestamp !== undefined) assert.deepEqual([...times], [timestamp])
      })
    }
  })

  describe('at its end', () => {
    const last = 9999
    // A few long ones among them, and the last without its end.
    const text = (n: string): string => `<13>${n}${n.endsWith('77') ? ` ${'größe '.repeat(100)}.` : ''}`
    let port: number

    it('SIGTERM has everything uploaded, and nothing came twice', async () => {
      port = world.take('tcp')
      await sendLines({ port }, [numberedLines(last, text).join('\n')])
      world.sent(port, last + 1)
      await world.assertEnd()
    })

    it('the objects in S3 are what a reader of such objects prints, message by message', async () => {
      const files = world.delivery.objects.map((object, i) => {
        const file = path.join(world.folder, `object-${i}`)
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

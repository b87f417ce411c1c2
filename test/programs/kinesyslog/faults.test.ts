import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { deflateSync, gzipSync } from 'node:zlib'
import { chunked } from '../../codecs/gelf-datagrams/chunks.ts'
import { startFakeImds } from '../../fakes/imds/http-door.ts'
import { endOf, RelayWorld } from '../../support/relay-world.ts'
import { selfSigned } from '../../support/self-signed.ts'

/** The types do not know that TLS has it, too. */
const halfOpen = { allowHalfOpen: true }

describe('kinesyslog listen, where the original fails', function () {
  this.timeout(30_000)
  let world: RelayWorld

  beforeEach(async () => {
    world = await RelayWorld.start({ streams: { logs: {}, others: {} } })
  })

  afterEach(async () => {
    await world.close()
  })

  function certificate(): string[] {
    const { cert, key } = selfSigned()
    const files = [join(world.folder, 'cert.pem'), join(world.folder, 'key.pem')] as const
    writeFileSync(files[0], cert)
    writeFileSync(files[1], key)
    return [`--cert=${files[0]}`, `--key=${files[1]}`]
  }

  async function sendTls(port: number, text: string): Promise<string> {
    const socket = connectTls({ host: world.address, port, rejectUnauthorized: false, ...halfOpen })
    await once(socket, 'secureConnect')
    socket.end(text)
    return endOf(socket)
  }

  async function servedCertificate(port: number): Promise<string> {
    const socket = connectTls({ host: world.address, port, rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }

  it('fault 4: GELF by UDP (plain, gzip, zlib, chunks in any order), TCP and TLS becomes one event each', async () => {
    const ports = ['--udp-port=12201', '--tcp-port=12201', '--tls-port=12202', '--prometheus-port=9100']
    const running = await world.listening(['--gelf', ...ports, ...certificate()], 3)
    const gelf = (how: string): Buffer =>
      Buffer.from(`{"version":"1.1","host":"h","short_message":"${how}","timestamp":1519247270.2399}`)
    const [gzipInChunks, plainInChunks] = [
      chunked(gzipSync(gelf('gzip in chunks')), 3, 'a'),
      chunked(gelf('chunks'), 2, 'b'),
    ]
    await world.sendDatagrams(12201, [
      gelf('plain'),
      gzipSync(gelf('gzip')),
      deflateSync(gelf('zlib')),
      ...[gzipInChunks[2], plainInChunks[1], gzipInChunks[0], gzipInChunks[1], plainInChunks[0]].flatMap(
        (part) => part ?? [],
      ),
    ])
    assert.equal(await world.send(12201, Buffer.concat([gelf('TCP'), Buffer.from('\0')])), 'orderly')
    assert.equal(await sendTls(12202, `${gelf('TLS').toString()}\0`), 'orderly')
    assert.equal((await world.stop(running)).code, 0)
    const hows = ['plain', 'gzip', 'zlib', 'gzip in chunks', 'chunks', 'TCP', 'TLS']
    assert.deepEqual([...world.messages()].sort(), hows.map((how) => gelf(how).toString()).sort())
    for (const { timestamp, group } of world.events()) {
      assert.equal(timestamp, 1519247270240)
      assert.match(group, /^\/kinesyslog\/gelf\/1220[12]$/)
    }
  })

  it('fault 9: an IPv6 peer’s messages have its canonical address', async () => {
    const running = await world.listening(['--tcp-port=9009', '--address=::1'])
    const socket = connect({ host: '0:0:0:0:0:0:0:1', port: 9009, allowHalfOpen: true })
    socket.end('<13>by IPv6\n')
    assert.equal(await endOf(socket), 'orderly')
    await world.stop(running)
    assert.deepEqual(
      world.events().map(({ stream, message }) => [stream, message]),
      [['::1', '<13>by IPv6']],
    )
  })

  it('fault 10: without a certificate for the default TLS port UDP and TCP work', async () => {
    const running = await world.listening(['--udp-port=514', '--tcp-port=514'], 2)
    assert.match(running.stderr, /There is no TLS on port 6514/)
    await world.sendDatagrams(514, ['<13>udp'])
    await world.send(514, '<13>tcp\n')
    await world.stop(running)
    assert.deepEqual([...world.messages()].sort(), ['<13>tcp', '<13>udp'])
  })

  it('fault 14: two streams with one spool folder never mix', async () => {
    const one = await world.listening(['--tcp-port=514'])
    const other = await world.listening(['--tcp-port=515', '--stream=others'])
    world.firehose.faults.inject({ fault: { kind: 'throttle' }, times: 2 })
    await Promise.all([world.send(514, '<13>one\n'), world.send(515, '<13>other\n')])
    const ends = await Promise.all([world.stop(one), world.stop(other)])
    assert.deepEqual(
      ends.map(({ code }) => code),
      [0, 0],
    )
    const groupsOf = (stream: string): unknown[] =>
      world.firehose.documents(stream).map((document) => (document as { logGroup: string }).logGroup)
    assert.deepEqual(groupsOf('logs'), ['/kinesyslog/syslog/514'])
    assert.deepEqual(groupsOf('others'), ['/kinesyslog/syslog/515'])
  })

  it('fault 15: stop and start as the unit does it lose nothing', async () => {
    // What `install` writes: everything is in the environment, and the signal is systemd's.
    const env = { KINESYSLOG_TCP_PORT: '514', KINESYSLOG_TLS_PORT: '0', no_proxy: '169.254.169.254' }
    const sent: string[] = []
    for (let run = 0; run < 3; run += 1) {
      const running = await world.listening([], 1, env)
      // Firehose answers nothing which helps: what is left waits on the disk for the next start.
      if (run < 2)
        world.firehose.faults.inject({ fault: { kind: 'error', name: 'AccessDeniedException' }, times: Infinity })
      const messages = Array.from({ length: 500 }, (_, i) => `<13>run ${run} message ${i}`)
      sent.push(...messages)
      assert.equal(await world.send(514, messages.map((text) => `${text}\n`).join('')), 'orderly')
      const { code, stderr } = await world.stop(running)
      assert.equal(code, 0, stderr)
      assert.match(stderr, run < 2 ? /left_records=[1-9]/ : /left_records=0/)
      world.firehose.faults.clear()
    }
    assert.deepEqual([...new Set(world.messages())].sort(), [...sent].sort())
  })

  it('fault 22: the region is that of an instance which allows IMDSv2 only', async () => {
    const imds = await startFakeImds({ region: 'eu-central-1' })
    try {
      const running = await world.listening(['--udp-port=514'], 1, {
        AWS_REGION: '',
        AWS_EC2_METADATA_DISABLED: 'false',
        AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint,
      })
      const { code, stderr } = await world.stop(running)
      assert.equal(code, 0, stderr)
      assert.ok(existsSync(join(world.folder, 'eu-central-1-logs')))
    } finally {
      await imds.close()
    }
  })

  it('fault 23: TZ=Asia/Kolkata on the host changes no time', async () => {
    const running = await world.listening(['--tcp-port=514'], 1, { TZ: 'Asia/Kolkata' })
    const startMs = Date.now()
    await world.send(514, '<13>Oct 11 22:14:15 2017 h x\n<13>no time\n<13>1 2018-02-21T21:07:50.239+05:30 h\n')
    const endMs = Date.now()
    await world.stop(running)
    const [local, none, offset] = world.events().map(({ timestamp }) => timestamp)
    assert.deepEqual([local, offset], [1507760055000, 1519227470239])
    assert.ok(none !== undefined && none >= startMs && none <= endMs)
  })

  it('fault 24: SIGTERM under load loses nothing read, and delivers lines which had only begun', async () => {
    const running = await world.listening(['--tcp-port=514', '--fsync=always'])
    const begun = await Promise.all(
      Array.from({ length: 5 }, async (_, i) => {
        const socket = await world.connect(514)
        socket.write(`<13>whole ${i}\n<13>begun ${i}`)
        return { socket, end: endOf(socket) }
      }),
    )
    const over = new AbortController()
    const receipted: string[] = []
    const load = Array.from({ length: 4 }, async (_, sender) => {
      for (let i = 0; !over.signal.aborted; i += 1) {
        const messages = Array.from({ length: 200 }, (__, n) => `<13>load ${sender}.${i}.${n}`)
        const end = await world.send(514, messages.map((text) => `${text}\n`).join('')).catch(() => undefined)
        if (end === undefined) return
        if (end === 'orderly') receipted.push(...messages)
      }
    })
    while (receipted.length < 2000) await new Promise((resolve) => setImmediate(resolve))
    const { code, stderr } = await world.stop(running)
    over.abort()
    await Promise.all(load)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /left_records=0 left_bytes=0 left_segments=0/)
    const arrived = new Set(world.messages())
    for (const [i, { end }] of begun.entries()) {
      assert.ok(arrived.has(`<13>whole ${i}`) && arrived.has(`<13>begun ${i}`))
      assert.equal(await end, 'reset') // it has not ended, so it is promised nothing
    }
    assert.deepEqual(
      receipted.filter((message) => !arrived.has(message)),
      [],
    )
  })

  it('fault 26: SIGHUP takes a renewed certificate; a broken file leaves the old one in use', async () => {
    const running = await world.listening(['--tls-port=6514', ...certificate()])
    const reloads = (): number => running.stderr.split('at=reload').length - 1
    const before = await servedCertificate(6514)
    const established = connectTls({ host: world.address, port: 6514, rejectUnauthorized: false, ...halfOpen })
    await once(established, 'secureConnect')
    certificate()
    running.child.kill('SIGHUP')
    await running.until('the reload', () => reloads() === 1)
    const renewed = await servedCertificate(6514)
    assert.notEqual(renewed, before)
    writeFileSync(join(world.folder, 'cert.pem'), 'broken')
    running.child.kill('SIGHUP')
    await running.until('the refusal', () => reloads() === 2)
    assert.match(running.stderr, /ERROR at=reload .*effect="the old certificates stay in use"/)
    assert.equal(await servedCertificate(6514), renewed)
    established.end('<13>from before\n')
    assert.equal(await endOf(established), 'orderly')
    assert.equal((await world.stop(running)).code, 0)
    assert.deepEqual(world.messages(), ['<13>from before'])
  })
})

import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import type { SplunkEvent } from '../../fakes/splunkd/event-stream.ts'
import type { RunningInput } from '../../fakes/splunkd/input-process.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { SyslogInputWorld } from '../../support/syslog-input-world.ts'

const message = '<13>1 2018-02-21T21:07:50.239881+00:00 host.example.com user 4326 - - Hello, World!'
const whole = { unbroken: false, done: false }

describe('the events of the input kinloader_syslog', () => {
  let world: SyslogInputWorld
  let port: number
  let input: RunningInput

  beforeEach(async () => {
    world = await SyslogInputWorld.start()
    port = await world.freePort()
  })

  afterEach(async () => {
    await world.close()
    assertLog(world.runs)
  })

  /** Ends the input; so many events have come, and nothing else. */
  async function eventsOf(count: number): Promise<readonly SplunkEvent[]> {
    await input.received(count)
    assert.deepEqual(await input.terminate(), { code: 0, signal: null, forced: false })
    await input.drained
    assert.deepEqual([input.eventCount, input.streamClosed], [count, true])
    return input.events
  }

  function assertNow(time: string | undefined): void {
    assert.ok(Math.abs(Number(time) * 1000 - Date.now()) < 10_000, time)
  }

  it('are datagrams as they came, with their time, sender and port', async () => {
    input = await world.run({ udp_ports: String(port) })
    await world.sendDatagrams(port, [message, '<13>two\nlines\n', '5 <13>a'])
    const [first, ...others] = await eventsOf(3)
    const origin = { host: '127.0.0.1', source: `udp:${port}`, sourcetype: 'kinloader:syslog', ...whole }
    assert.deepEqual(first, { ...origin, time: '1519247270.240', data: message })
    assert.deepEqual(
      others.map(({ time, ...event }) => {
        assertNow(time)
        return event
      }),
      [
        { ...origin, data: '<13>two\nlines' },
        { ...origin, data: '5 <13>a' },
      ],
    )
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR'), [])
  })

  it('are the frames of a TCP connection, which ends in an orderly way when they are safe', async () => {
    input = await world.run({ tcp_ports: String(port), timezone: 'America/New_York' })
    const sender = await world.connect(port)
    const sentMs = performance.now()
    const ended = await sender.finish(
      Buffer.concat([
        Buffer.from(`${message.length} ${message}<34>Oct 11 22:14:15 2017 mymachine su: x\r\n<13>bad `),
        Buffer.from([0xff, 0xc3, 0x0a]),
        Buffer.from('<13>the rest'),
      ]),
    )
    assert.equal(ended, 'orderly')
    assert.ok(performance.now() - sentMs >= 200, 'before the hold-back')
    const events = await eventsOf(4)
    const origin = { host: '127.0.0.1', source: `tcp:${port}`, sourcetype: 'kinloader:syslog', ...whole }
    assert.deepEqual(events[0], { ...origin, time: '1519247270.240', data: message })
    assert.deepEqual(events[1], { ...origin, time: '1507774455', data: '<34>Oct 11 22:14:15 2017 mymachine su: x' })
    assert.deepEqual(
      events.map(({ data }) => data),
      [message, '<34>Oct 11 22:14:15 2017 mymachine su: x', String.raw`<13>bad \xff\xc3`, '<13>the rest'],
    )
  })

  it('come over TLS', async () => {
    input = await world.run({ tls_ports: String(port), ...world.certificate() })
    const sender = await world.connect(port, { isTls: true })
    await sender.finish(`${message}\n`)
    const [event] = await eventsOf(1)
    assert.deepEqual([event?.source, event?.time, event?.data], [`tcp:${port}`, '1519247270.240', message])
  })

  it('are GELF by UDP, TCP and TLS, the JSON as it came', async () => {
    const [tcp, tls] = [await world.freePort(), await world.freePort()]
    const gelf = (text: string): string =>
      `{"version":"1.1", "host":"web-1","short_message":"${text}","timestamp":1519247270.2396}`
    input = await world.run({
      gelf_udp_ports: String(port),
      gelf_tcp_ports: String(tcp),
      gelf_tls_ports: String(tls),
      ...world.certificate(),
    })
    await input.logged(new RegExp(`at=listening transport=tls .*port=${tls}`))
    await world.sendDatagrams(port, [gzipSync(gelf('zipped'))])
    await input.received(1)
    await (await world.connect(tcp)).finish(`${gelf('one')}\0${gelf('two')}\0`)
    await (await world.connect(tls, { isTls: true })).finish(`${gelf('sealed')}\0`)
    const events = await eventsOf(4)
    const origin = { time: '1519247270.240', host: '127.0.0.1', sourcetype: 'kinloader:gelf', ...whole }
    assert.deepEqual(events, [
      { ...origin, source: `udp:${port}`, data: gelf('zipped') },
      { ...origin, source: `tcp:${tcp}`, data: gelf('one') },
      { ...origin, source: `tcp:${tcp}`, data: gelf('two') },
      { ...origin, source: `tcp:${tls}`, data: gelf('sealed') },
    ])
  })

  it('have the sender whom a PROXY header names as host, and its port', async () => {
    input = await world.run({ tcp_ports: String(port), proxy_protocol_ports: String(port) })
    await (await world.connect(port)).finish(`PROXY TCP6 2001:DB8:0:0::7 ::1 5000 601\r\n${message}\n`)
    const [event] = await eventsOf(1)
    assert.deepEqual([event?.host, event?.source], ['2001:db8::7', 'tcp:601'])
  })

  it('have an IPv4 sender of a listener for both kinds as IPv4, an IPv6 one in canonical text', async () => {
    input = await world.run({ udp_ports: String(port), address: '::' })
    await world.sendDatagrams(port, ['one'])
    await input.received(1)
    await world.sendDatagrams(port, ['two'], '::1')
    assert.deepEqual(
      (await eventsOf(2)).map(({ host }) => host),
      ['127.0.0.1', '::1'],
    )
  })

  it('have what the stanza says in place of our defaults, but never its host', async () => {
    const stanza = { source: 'edge', sourcetype: 'cisco:asa', index: 'network', host: 'forwarder' }
    input = await world.run({ udp_ports: String(port), ...stanza })
    await world.sendDatagrams(port, [message])
    const [event] = await eventsOf(1)
    assert.deepEqual(event, { ...stanza, ...whole, host: '127.0.0.1', time: '1519247270.240', data: message })
  })

  it('have what is forced on them', async () => {
    const forced = { source: 'f-source', sourcetype: 'f-type', index: 'f-index', host: 'f-host' }
    const overrides = Object.fromEntries(Object.entries(forced).map(([name, value]) => [`override_${name}`, value]))
    input = await world.run({ udp_ports: String(port), source: 'edge', ...overrides })
    await world.sendDatagrams(port, [message])
    const [event] = await eventsOf(1)
    assert.deepEqual(event, { ...forced, ...whole, time: '1519247270.240', data: message })
  })

  it('are legal XML whatever they hold', async () => {
    input = await world.run({ udp_ports: String(port) })
    await world.sendDatagrams(port, ['<13>\u001b[31m ]]> & <tag>\r\nnext'])
    const [event] = await eventsOf(1)
    assert.equal(event?.data, '<13>\ufffd[31m ]]> & <tag>\r\nnext')
  })
})

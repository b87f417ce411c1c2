import assert from 'node:assert/strict'
import { schemeXml } from '../../../src/splunk/scheme.ts'
import { syslogScheme } from '../../../src/wiring/inputs/kinloader-syslog.ts'
import { askInput, type RunningInput } from '../../fakes/splunkd/input-process.ts'
import { bundledInput } from '../../support/bundled-input.ts'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { SyslogInputWorld } from '../../support/syslog-input-world.ts'

describe('the life of the input kinloader_syslog', () => {
  let world: SyslogInputWorld
  let port: number

  beforeEach(async () => {
    world = await SyslogInputWorld.start()
    port = await world.freePort()
  })

  afterEach(async () => {
    await world.close()
    assertLog(world.runs)
  })

  /** Ends it as splunkd does: exit code 0 within 2 s, and all it wrote is whole when it is read. */
  async function ends(input: RunningInput, isRead = true): Promise<void> {
    const startedMs = performance.now()
    assert.deepEqual(await input.terminate(), { code: 0, signal: null, forced: false })
    assert.ok(performance.now() - startedMs < 2000, `ended after ${performance.now() - startedMs} ms`)
    const told = linesOf(input, 'WARN', 'ERROR', 'FATAL')
    if (isRead) await closesWhole(input)
    // What nobody has read was dropped.
    else assert.match(told.splice(0, 1)[0] ?? '', /^WARN at=dropped reason=stopped messages=[1-9]\d*$/)
    assert.deepEqual(told, [])
  }

  async function closesWhole(input: RunningInput): Promise<void> {
    await input.drained
    assert.equal(input.streamClosed, true)
  }

  it('shows its scheme', async () => {
    const { command, args } = await bundledInput('kinloader_syslog')
    const { code, stdout, stderr } = await askInput({ command, args: [...args, '--scheme'] })
    assert.deepEqual([code, stdout, stderr], [0, schemeXml(syslogScheme), []])
  })

  it('ends at SIGTERM when it is idle, and lets its ports go', async () => {
    const input = await world.run({ tcp_ports: String(port), udp_ports: String(port) })
    await world.connect(port)
    await ends(input)
    await world.occupy(port)
  })

  it('writes at SIGTERM what it has, the rest of a line included, and gives no receipt for it', async () => {
    const input = await world.run({ tcp_ports: String(port), hold_back: '300ms' })
    const sender = await world.connect(port)
    await sender.send('<13>one\n<13>two')
    await input.received(1)
    const [how] = await Promise.all([sender.finish('<13>, and more'), ends(input)])
    assert.equal(how, 'reset')
    assert.deepEqual(
      input.events.map(({ data }) => data),
      ['<13>one', '<13>two<13>, and more'],
    )
  })

  it('gives nobody a receipt after SIGTERM, though the hold-back passes while it drains', async () => {
    const input = await world.run({ tcp_ports: String(port), hold_back: '100ms' })
    const [sender, busy] = [await world.connect(port), await world.connect(port)]
    const pouring = setInterval(() => {
      busy.socket.write('<13>busy\n')
    }, 5)
    try {
      await sender.send('<13>one\n')
      await input.received(1)
      const ended = input.terminate()
      assert.equal(await sender.finish(), 'reset')
      assert.equal((await ended).code, 0)
    } finally {
      clearInterval(pouring)
    }
    await closesWhole(input)
  })

  it('ends at SIGTERM under load, and all it began to write is whole', async () => {
    const input = await world.run({ tcp_ports: String(port), udp_ports: String(port) })
    const sender = await world.connect(port)
    const lines = Array.from({ length: 1000 }, (_, i) => `<13>line ${i}\n`).join('')
    const pouring = setInterval(() => {
      sender.socket.write(lines)
      void world.sendDatagrams(port, ['<13>a', '<13>b']).catch(() => undefined)
    }, 5)
    try {
      await input.received(20_000)
      await ends(input)
    } finally {
      clearInterval(pouring)
    }
    const odd = input.events.filter(({ data = '' }) => !/^<13>(line \d+|a|b)$/.test(data))
    // The line which was under way: what has come of it.
    assert.ok(odd.length <= 1 && odd.every(({ data = '' }) => '<13>line '.startsWith(data)), JSON.stringify(odd))
  })

  it('ends at SIGTERM while nobody reads the pipe', async () => {
    const input = await world.run({ tcp_ports: String(port), udp_ports: String(port) }, { paused: true })
    const sender = await world.connect(port)
    sender.socket.write(Buffer.alloc(4_000_000, '<13>a line\n'))
    await world.sendDatagrams(port, ['<13>a'])
    await input.logged(/at=input .* held_back_ms=[1-9]/)
    await ends(input, false)
    assert.equal(await sender.ended, 'reset')
  })

  it('ends quietly when the reader of the pipe is gone', async () => {
    const input = await world.run({ udp_ports: String(port) })
    await world.sendDatagrams(port, ['<13>a'])
    await input.received(1)
    input.abandon()
    const startedMs = performance.now()
    assert.deepEqual(await input.exit, { code: 0, signal: null, forced: false })
    assert.ok(performance.now() - startedMs < 2000)
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR', 'FATAL'), [])
  })

  it('tells of each port, each interval, and of what it could not use', async () => {
    const input = await world.run({ tcp_ports: String(port), udp_ports: String(port), allow: '127.0.0.1' })
    await world.connect(port)
    await world.sendDatagrams(port, ['<13>a', '\n'])
    const udp = await input.logged(/at=listener transport=udp .* received=2 /)
    assert.match(
      udp,
      new RegExp(
        `^INFO at=listener transport=udp port=${port} format=syslog state=listening received=2 accepted=1 dropped=0 discarded=1 truncated=0 discarded\\.empty_datagram=1 kernel_drops=0$`,
      ),
    )
    const tcp = await input.logged(/at=listener transport=tcp .* connections=1 /)
    assert.match(tcp, / connections_opened=1$/)
    assert.match(await input.logged(/at=input .* events=1/), / held_back_ms=0 /)
    await ends(input)
  })
})

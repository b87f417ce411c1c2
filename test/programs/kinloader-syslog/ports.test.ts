import assert from 'node:assert/strict'
import { once } from 'node:events'
import { assertLog, linesOf } from '../../support/input-log.ts'
import { SyslogInputWorld } from '../../support/syslog-input-world.ts'

describe('the ports of the input kinloader_syslog', () => {
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

  it('work while one of them is in use, which is told once and taken as soon as it is free', async () => {
    const server = await world.occupy(port)
    const other = await world.freePort()
    const input = await world.run({ tcp_ports: `${port} ${other}` })
    const line = await input.logged(/^ERROR at=listen /)
    assert.match(line, new RegExp(`port=${port} error=".*another program does: stop it or .*" code=LISTEN_IN_USE `))
    await (await world.connect(other)).finish('<13>by the other\n')
    await input.received(1)
    assert.match(await input.logged(new RegExp(`at=listener .*port=${port} `)), / state="not listening" /)

    server.close()
    await once(server, 'close')
    await input.logged(new RegExp(`^INFO at=listening .*port=${port}\\b`))
    await (await world.connect(port)).finish('<13>by the one\n')
    await input.received(2)
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR'), [line])
    assert.equal((await input.terminate()).code, 0)
  })

  it('are waited for a little when none is free, as after an edit', async () => {
    const server = await world.occupy(port)
    const input = world.start({ tcp_ports: String(port) })
    setTimeout(() => server.close(), 500)
    await input.logged(/^INFO at=listening /)
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR'), [])
  })

  it('end the input with one line when none becomes free, so that splunkd starts it again', async function () {
    this.timeout(10_000)
    await world.occupy(port)
    const input = world.start({ tcp_ports: String(port) })
    const line = await input.logged(/^ERROR at=/)
    assert.match(
      line,
      /^ERROR at=stream error="Cannot listen on TCP port \d+ .*another program does.*\." code=LISTEN_IN_USE$/,
    )
    // SIGTERM ends the back-off, which is 5 s.
    assert.deepEqual(await input.terminate(), { code: 1, signal: null, forced: false })
    assert.deepEqual(input.stderr, [line])
    assert.equal(input.bytesRead, 0)
  })

  it('end the input with one line when its certificate cannot be used', async () => {
    const { certificate } = world.certificate()
    for (const { key, says } of [
      { key: world.file('other.key', 'no key'), says: /private key cannot be read/ },
      { key: `${world.folder}/missing.key`, says: /missing\.key cannot be read \(ENOENT\)/ },
    ]) {
      const input = world.start({ tls_ports: String(port), certificate, private_key: key })
      assert.match(await input.logged(/^ERROR at=stream /), says)
      assert.equal((await input.terminate()).code, 1)
      assert.equal(input.stderr.length, 1)
    }
  })
})

import assert from 'node:assert/strict'
import { syslogScheme } from '../../src/wiring/inputs/kinloader-syslog.ts'
import { validateSyslog } from '../../src/wiring/syslog-validation.ts'
import { validationXml } from '../fakes/splunkd/documents.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'
import { type CheckOutcome, checkInput } from '../support/input-check.ts'
import { sessionKey } from '../support/input-world.ts'
import { selfSigned } from '../support/self-signed.ts'
import { SyslogInputWorld } from '../support/syslog-input-world.ts'

describe('the validation of an input kinloader_syslog', () => {
  let world: SyslogInputWorld
  let splunkd: FakeSplunkd
  let port: string

  beforeEach(async () => {
    splunkd = await FakeSplunkd.start({ sessionKey })
    world = await SyslogInputWorld.start()
    port = String(await world.freePort())
  })

  afterEach(async () => {
    await world.close()
    await splunkd.stop()
  })

  function check(params: Record<string, string>, name = 'a'): Promise<CheckOutcome> {
    const document = validationXml({
      name,
      sessionKey,
      serverUri: splunkd.serverUri,
      checkpointDir: world.folder,
      params: { address: '127.0.0.1', ...params },
    })
    return checkInput(document, {}, { scheme: syslogScheme, validate: validateSyslog })
  }

  async function accepts(params: Record<string, string>, name?: string): Promise<void> {
    const { code, stdout, logger } = await check(params, name)
    assert.deepEqual([code, stdout, logger.lines], [0, '', []])
  }

  /** One sentence on the page, or several, and no line in the log. */
  async function refuses(params: Record<string, string>, says: RegExp, name?: string): Promise<void> {
    const { code, message = '', logger } = await check(params, name)
    assert.deepEqual([code, logger.lines], [1, []])
    assert.match(message, /^(splunkd|[A-Z]).*\.$/)
    assert.match(message, says)
  }

  it('takes free ports and a certificate with its key, and leaves the ports free', async () => {
    const tls = String(await world.freePort())
    const good = { udp_ports: port, tcp_ports: port, gelf_tls_ports: tls, ...world.certificate() }
    await accepts({ ...good, allow: '10.0.0.0/8', timezone: 'Europe/Berlin' })
    await world.run({ ...good })
  })

  it('refuses what can be seen to be wrong, all at once', async () => {
    await refuses(
      { tcp_ports: 'x', timezone: 'Mars', allow: '10.0.0.0/99' },
      /tcp_ports must.*allow must.*timezone must/,
    )
    await refuses({}, /no port is given/)
  })

  it('refuses a port which somebody else has', async () => {
    await world.occupy(Number(port))
    await refuses({ tcp_ports: port }, /Cannot listen on TCP port \d+ of 127\.0\.0\.1, another program does: stop it/)
    await accepts({ udp_ports: port })
  })

  it('refuses an address which this machine does not have', async () => {
    await refuses({ tcp_ports: port, address: '192.0.2.1' }, /no interface of this machine has that address/)
  })

  it('refuses a certificate which is no file, no certificate, or another key’s', async () => {
    const good = world.certificate()
    const base = { tls_ports: port, ...good }
    await refuses({ ...base, certificate: '/nowhere/x.pem' }, /The file \/nowhere\/x\.pem cannot be read \(ENOENT\)/)
    await refuses({ ...base, certificate: good.private_key }, /TLS certificate cannot be used/)
    await refuses(
      { ...base, private_key: world.file('other.key', selfSigned().key) },
      /does not belong to the certificate/,
    )
    await refuses({ ...base, client_ca: world.file('ca.pem', 'no CA') }, /client CA cannot be used/)
  })

  it('refuses the port of another input, unless that is disabled or on another address', async () => {
    const other = { udp_ports: port, address: '127.0.0.1', disabled: '0' }
    splunkd.conf.stanzas.set('kinloader_syslog://other', other)
    await refuses({ gelf_udp_ports: port }, /The input "other" listens on UDP port \d+ already: give this one/)
    await refuses({ udp_ports: port, address: '0.0.0.0' }, /The input "other" listens/)
    await accepts({ tcp_ports: port })
    splunkd.conf.stanzas.set('kinloader_syslog://other', { ...other, address: '127.0.0.2' })
    await accepts({ udp_ports: port })
    splunkd.conf.stanzas.set('kinloader_syslog://other', { ...other, disabled: '1' })
    await accepts({ udp_ports: port })
    splunkd.conf.stanzas.set('kinloader_syslog://other', { ...other, udp_ports: 'broken' })
    await accepts({ udp_ports: port })
  })

  it('takes the edit of an input which runs and holds its ports, and no other', async () => {
    const saved = { tcp_ports: port, udp_ports: port, address: '127.0.0.1' }
    await world.run(saved)
    splunkd.conf.stanzas.set('kinloader_syslog://a', { ...saved, disabled: '0' })
    await accepts({ ...saved, gelf_tcp_ports: String(await world.freePort()) })
    await accepts({ gelf_tcp_ports: port })
    await refuses(saved, /The input "a" listens on UDP port|The input "a" listens on TCP port/, 'b')
    // Whoever holds the ports of a disabled input is somebody else.
    splunkd.conf.stanzas.set('kinloader_syslog://a', { ...saved, disabled: '1' })
    await refuses(saved, /another program does/)
  })

  it('leaves no doubt when splunkd does not answer', async function () {
    this.timeout(12_000)
    splunkd.setSilent(true)
    const startedMs = performance.now()
    await refuses({ udp_ports: port }, /splunkd|Splunk/)
    assert.ok(performance.now() - startedMs < 10_000)
  })
})

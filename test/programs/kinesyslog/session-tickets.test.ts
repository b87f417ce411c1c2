import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { opensslConfig } from '../../../src/wiring/commands/kinesyslog/openssl-config.ts'
import { RelayWorld } from '../../support/relay-world.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { sessionTickets } from '../../support/session-tickets.ts'

describe('kinesyslog listen, to a client of TLS 1.3,', () => {
  let world: RelayWorld
  const inFolder = (name: string, text: string): string => {
    const file = join(world.folder, name)
    writeFileSync(file, text)
    return file
  }

  beforeEach(async () => {
    world = await RelayWorld.start()
  })

  afterEach(async () => {
    await world.close()
  })

  /** How many tickets come for a connection with one message. */
  async function tickets(environment: Readonly<Record<string, string>>): Promise<number> {
    const { cert, key } = selfSigned()
    const files = [`--cert=${inFolder('cert.pem', cert)}`, `--key=${inFolder('key.pem', key)}`]
    const running = await world.listening(['--tls-port=6514', ...files], 1, environment)
    const count = await sessionTickets({ host: world.address, port: 6514 })
    const { code, stderr } = await world.stop(running)
    assert.equal(code, 0, stderr)
    assert.deepEqual(world.messages(), ['<13>hello'])
    return count
  }

  it('sends no session tickets with the OpenSSL configuration of its unit', async () => {
    assert.equal(await tickets({ OPENSSL_CONF: inFolder('openssl.cnf', opensslConfig) }), 0)
  })

  it("sends none with it under a Node which shares the system's configuration, as some distributions build it", async () => {
    const OPENSSL_CONF = inFolder('openssl.cnf', opensslConfig)
    assert.equal(await tickets({ OPENSSL_CONF, NODE_OPTIONS: '--openssl-shared-config' }), 0)
  })

  // When this fails, Node has learnt to do without, and the configuration may go.
  it('sends some without', async () => {
    assert.equal(await tickets({}), 2)
  })
})

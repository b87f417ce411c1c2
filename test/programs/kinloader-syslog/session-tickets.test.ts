import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageApp } from '../../../scripts/package.ts'
import type { InputCommand } from '../../support/bundled-input.ts'
import { assertLog } from '../../support/input-log.ts'
import { sessionTickets } from '../../support/session-tickets.ts'
import { SyslogInputWorld } from '../../support/syslog-input-world.ts'
import { testedNode } from '../../support/tested-node.ts'

describe('the input kinloader_syslog, to a client of TLS 1.3,', () => {
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kinloader-tickets-'))
    await packageApp({ folder: join(folder, 'kinloader'), archive: join(folder, 'kinloader.tar.gz') })
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  /** How many tickets come for a connection with one message. */
  async function tickets(command?: InputCommand): Promise<number> {
    const world = await SyslogInputWorld.start(command)
    try {
      const port = await world.freePort()
      const input = await world.run({ tls_ports: String(port), ...world.certificate() })
      const count = await sessionTickets({ host: '127.0.0.1', port })
      await input.received(1)
      return count
    } finally {
      await world.close()
      assertLog(world.runs)
    }
  }

  it('sends no session tickets when it is started as splunkd starts it, by the launcher', async function () {
    if (process.platform === 'win32') this.skip()
    const launcher = join(folder, 'kinloader/bin/kinloader_syslog.sh')
    assert.equal(await tickets({ command: '/usr/bin/env', args: [`KINLOADER_NODE=${testedNode}`, launcher] }), 0)
  })

  // When this fails, Node has learnt to do without, and the configuration may go.
  it('sends some without it', async () => {
    assert.equal(await tickets(), 2)
  })
})

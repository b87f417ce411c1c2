import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundledCommands } from '../../support/bundled-commands.ts'
import { commandEnvironment, CommandProcess } from '../../support/spawned-command.ts'

describe('kinesyslog listen, with few open files allowed,', () => {
  async function toldWith(limit: number): Promise<string> {
    // It goes no further than to the certificate.
    const flags = '--stream=logs --tls-port=6514 --cert=/nowhere --key=/nowhere --max-connections=100'
    const program = join(await bundledCommands(), 'kinesyslog.js')
    const env = commandEnvironment(tmpdir())
    const { code, stderr } = await CommandProcess.shell(`ulimit -n ${limit}; exec $program listen ${flags}`, program, {
      env,
    }).end
    assert.equal(code, 78, stderr)
    return stderr
  }

  it('says at its start that connections will have none, and what to do', async function () {
    if (process.platform !== 'linux') this.skip()
    assert.match(
      await toldWith(299),
      / WARN at=settings warning="100 connections need 300 open files and only 299 are allowed: raise LimitNOFILE .*"$/m,
    )
    assert.doesNotMatch(await toldWith(300), /open files/)
  })
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { FakeSplunkd } from '../../fakes/splunkd/server.ts'
import { assertLog, secretOfSettings } from '../../support/input-log.ts'
import { InputWorld, sessionKey } from '../../support/input-world.ts'

describe('the secrets of the input', () => {
  it('stand in no log line and on no command line', async () => {
    const splunkd = await FakeSplunkd.start({ sessionKey })
    splunkd.conf.stanzas.set('kinloader://a', {})
    const world = await InputWorld.start({ serverUri: splunkd.serverUri })
    try {
      world.engine.faults.inject({
        operation: 'ListShards',
        times: 2,
        fault: { kind: 'error', name: 'AccessDeniedException', message: `not with ${secretOfSettings}` },
      })
      world.engine.faults.inject({ operation: 'GetRecords', times: 3, fault: { kind: 'malformed' } })
      const input = world.run({
        params: { aws_access_key_id: 'TESTKEYIDENTIFIER2', aws_secret_access_key: secretOfSettings },
      })
      await input.logged(/^(WARN|ERROR)/)
      const commandLine = readFileSync(`/proc/${input.pid}/cmdline`, 'utf8')
      assert.match(commandLine, /kinloader\.js/)
      assert.ok(!commandLine.includes(secretOfSettings) && !commandLine.includes(sessionKey))
      await input.terminate()
      assertLog([input])
    } finally {
      await world.close()
      await splunkd.stop()
    }
  })
})

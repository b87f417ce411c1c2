import assert from 'node:assert/strict'
import { FakeSplunkd } from '../../fakes/splunkd/server.ts'
import { assertLog } from '../../support/input-log.ts'
import { sessionKey } from '../../support/input-world.ts'
import { SyslogInputWorld } from '../../support/syslog-input-world.ts'

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
    assertLog(world.runs)
  })

  it('takes what is good without a word, and leaves the ports free', async () => {
    const good = { udp_ports: port, tcp_ports: port }
    const outcome = await world.validate(good, { serverUri: splunkd.serverUri })
    assert.deepEqual(outcome, { code: 0, signal: null, stdout: '', stderr: [] })
    await world.run(good)
  })

  it('refuses a port which somebody else has, with a sentence for the page', async () => {
    await world.occupy(Number(port))
    const { code, stdout, stderr } = await world.validate({ tcp_ports: port }, { serverUri: splunkd.serverUri })
    assert.deepEqual([code, stderr], [1, []])
    assert.match(stdout, /^<error><message>Cannot listen on TCP port \d+ [^<\n]*\.<\/message><\/error>\n$/)
  })
})

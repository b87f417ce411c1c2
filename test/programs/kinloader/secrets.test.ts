import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { FakeSplunkd } from '../../fakes/splunkd/server.ts'
import { assertLog, linesOf, secretOfSettings } from '../../support/input-log.ts'
import { InputWorld, sessionKey } from '../../support/input-world.ts'

const accessKeyId = 'TESTKEYIDENTIFIER2'
const mask = '********'

describe('the secrets of the input', () => {
  let splunkd: FakeSplunkd
  let world: InputWorld

  /** Kinesis lets only the key of the settings in, not the one of the environment. */
  beforeEach(async () => {
    splunkd = await FakeSplunkd.start({ sessionKey })
    world = await InputWorld.start({ serverUri: splunkd.serverUri, engine: { accessKeyIds: [accessKeyId] } })
    world.engine.put('logs', { data: 'let in' })
  })

  afterEach(async () => {
    await world.close()
    await splunkd.stop()
    assertLog(world.runs)
  })

  function store(name: string, password: string): void {
    splunkd.conf.secrets.set(`kinloader/kinloader:${name}:`, { realm: 'kinloader', name, password })
  }

  it('stand in no log line and on no command line', async () => {
    splunkd.conf.stanzas.set('kinloader://a', {})
    world.engine.faults.inject({
      operation: 'ListShards',
      times: 2,
      fault: { kind: 'error', name: 'AccessDeniedException', message: `not with ${secretOfSettings}` },
    })
    world.engine.faults.inject({ operation: 'GetRecords', times: 3, fault: { kind: 'malformed' } })
    const input = world.run({ params: { aws_access_key_id: accessKeyId, aws_secret_access_key: secretOfSettings } })
    await input.logged(/^(WARN|ERROR)/)
    const commandLine = readFileSync(`/proc/${input.pid}/cmdline`, 'utf8')
    assert.match(commandLine, /kinloader\.js/)
    assert.ok(!commandLine.includes(secretOfSettings) && !commandLine.includes(sessionKey))
    await input.terminate()
  })

  it('move out of the settings at the first start, and are found at the second', async () => {
    const params = { aws_access_key_id: accessKeyId, aws_secret_access_key: secretOfSettings }
    splunkd.conf.stanzas.set('kinloader://a', { ...params })
    const first = world.run({ params })
    await first.received(1)
    await first.terminate()
    assert.deepEqual(
      [...splunkd.conf.secrets],
      [['kinloader/kinloader:input.a:', { realm: 'kinloader', name: 'input.a', password: secretOfSettings }]],
    )
    assert.deepEqual(splunkd.conf.edits, [{ stanza: 'kinloader://a', changes: { aws_secret_access_key: mask } }])
    assert.equal(splunkd.conf.stanzas.get('kinloader://a')?.['aws_secret_access_key'], mask)
    assert.deepEqual(linesOf(first, 'WARN', 'ERROR'), [])

    world.engine.put('logs', { data: 'let in again' })
    const second = world.run({ params: { ...params, aws_secret_access_key: mask } })
    await second.received(1)
    await second.terminate()
    // A further edit would make splunkd start the input for ever.
    assert.equal(splunkd.conf.edits.length, 1)
    assert.deepEqual(linesOf(second, 'WARN', 'ERROR'), [])
  })

  it('can be an entry of the password store which aws_credential names', async () => {
    store('aws', `${accessKeyId}:${secretOfSettings}`)
    const input = world.run({ params: { aws_credential: 'aws' } })
    await input.received(1)
    await input.terminate()
    assert.deepEqual(linesOf(input, 'WARN', 'ERROR'), [])
    assert.deepEqual([splunkd.conf.edits, splunkd.conf.secrets.size], [[], 1])
  })

  for (const { what, params, says } of [
    { what: 'of aws_credential', params: { aws_credential: 'aws' }, says: /no entry aws in the realm kinloader/ },
    {
      what: 'behind the mask',
      params: { aws_access_key_id: accessKeyId, aws_secret_access_key: mask },
      says: /no AWS secret for the input a: enter aws_secret_access_key again/,
    },
  ]) {
    it(`are asked for in one line when the entry ${what} is missing`, async () => {
      store('other', `${accessKeyId}:${secretOfSettings}`)
      const input = world.run({ params })
      const line = await input.logged(/^ERROR at=/)
      assert.match(line, says)
      assert.equal((await input.terminate()).code, 1)
      assert.deepEqual(input.stderr, [line])
      assert.deepEqual([input.bytesRead, world.engine.calls.count('DescribeStreamSummary')], [0, 0])
    })
  }
})

import assert from 'node:assert/strict'
import { type RealSplunkOptions, realSplunkStep, verifyRealSplunk } from '../../../scripts/verify/real-splunk.ts'
import { SplunkStandIn } from './splunk-stand-in.ts'

describe('the verification of a real Splunk', function () {
  this.timeout(30_000)
  let splunk: SplunkStandIn
  let said: string[]
  const context = {
    say: (line: string): void => {
      said.push(line)
    },
    signal: new AbortController().signal,
  }

  beforeEach(async () => {
    said = []
    splunk = await SplunkStandIn.start()
  })

  afterEach(() => splunk.stop())

  function options(): RealSplunkOptions {
    const { home, managementUri } = splunk
    const login = { username: 'admin', password: 'changed' }
    const makeArchive = (): Promise<string> => Promise.resolve('/tmp/kinloader.tar.gz')
    return { home, managementUri, ...login, index: 'main', makeArchive, pollMs: 20, searchTimeoutMs: 5000 }
  }

  it('installs, restarts, reads, searches, and leaves nothing behind', async () => {
    assert.deepEqual(
      await verifyRealSplunk(options(), context),
      { passed: 8, failed: 0, text: '8 checks' },
      said.join('\n'),
    )
    assert.deepEqual(splunk.commands, [
      'install app /tmp/kinloader.tar.gz -auth admin:changed',
      'restart',
      'remove app kinloader -auth admin:changed',
    ])
    assert.equal(splunk.inputs.size, 0)
    assert.equal(splunk.checkpointsRemoved, true)
  })

  it('misses events which are not found, and clears up all the same', async () => {
    splunk.hidden = 1
    const { failed, text } = await verifyRealSplunk({ ...options(), searchTimeoutMs: 100 }, context)
    assert.equal(failed, 1)
    assert.match(text, /^not so: 1000 events are found/)
    assert.match(said.join('\n'), /the number of different events is 999 instead of 1000/)
    assert.equal(splunk.inputs.size, 0)
    assert.equal(splunk.commands.at(-1), 'remove app kinloader -auth admin:changed')
  })

  it('leaves an app alone which it has not installed', async () => {
    splunk.installApp()
    const { passed, failed } = await verifyRealSplunk(options(), context)
    assert.deepEqual([passed, failed], [0, 1])
    assert.match(said.join('\n'), /kinloader is installed in that Splunk; remove it there/)
    assert.deepEqual(splunk.commands, [])
  })

  it('says so when the password is wrong, without the password', async () => {
    await verifyRealSplunk({ ...options(), password: 'mistaken' }, context)
    assert.match(said.join('\n'), /does not take SPLUNK_USERNAME and SPLUNK_PASSWORD/)
    assert.doesNotMatch(said.join('\n'), /mistaken/)
  })

  it('is skipped where there is none', async () => {
    const home = process.env['SPLUNK_HOME']
    delete process.env['SPLUNK_HOME']
    try {
      assert.equal((await realSplunkStep.run(context)).skipped, 'SPLUNK_HOME is not set')
    } finally {
      if (home !== undefined) process.env['SPLUNK_HOME'] = home
    }
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SplunkdClient } from '../../src/clients/splunkd.ts'
import { secretMask, Secrets } from '../../src/splunk/secrets.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'

describe('secrets in storage/passwords', () => {
  let splunkd: FakeSplunkd
  let client: SplunkdClient
  let secrets: Secrets

  beforeEach(async () => {
    splunkd = await FakeSplunkd.start({ https: true })
    client = new SplunkdClient({ serverUri: splunkd.serverUri, sessionKey: 'test-session-key' })
    secrets = new Secrets({ client })
  })

  afterEach(async () => {
    await client.close()
    await splunkd.stop()
  })

  const entries = (): string[] => [...splunkd.conf.secrets.keys()].sort()

  it('are stored under our realm, read, and replaced', async () => {
    assert.equal(await secrets.read('aws'), undefined)
    await secrets.write('aws', 'one')
    assert.deepEqual(splunkd.conf.secrets.get('kinloader/kinloader:aws:'), {
      realm: 'kinloader',
      name: 'aws',
      password: 'one',
    })
    await secrets.write('aws', 'two')
    assert.equal(await secrets.read('aws'), 'two')
    assert.deepEqual(entries(), ['kinloader/kinloader:aws:'])
  })

  it('are read when somebody else made the entry', async () => {
    splunkd.conf.secrets.set('kinloader/kinloader:by-hand:', { realm: 'kinloader', name: 'by-hand', password: 'x' })
    assert.equal(await secrets.read('by-hand'), 'x')
  })

  it('are of the app they are asked of, whatever the name', async () => {
    const other = new Secrets({ client, app: 'my app' })
    await other.write('a:b/c d\\', 'x')
    assert.equal(await other.read('a:b/c d\\'), 'x')
    assert.equal(await secrets.read('a:b/c d\\'), undefined)
    assert.deepEqual(entries(), ['my app/kinloader:a\\:b/c d\\:'])
  })

  it('are cut where they are too long, and come back whole after any change of length', async () => {
    const secret = fc.string({
      unit: fc.constantFrom('a', 'é', '€', '😀', '`'),
      minLength: 1,
      maxLength: 900,
      size: 'max',
    })
    await fc.assert(
      fc.asyncProperty(secret, secret, async (one, other) => {
        for (const text of [one, other, one]) {
          await secrets.write('aws', text)
          assert.equal(await secrets.read('aws'), text)
        }
        for (const { password } of splunkd.conf.secrets.values()) assert.ok(Buffer.byteLength(password) <= 255)
      }),
      { numRuns: 40 },
    )
  })

  it('leave no part of a longer one behind', async () => {
    await secrets.write('aws', 'x'.repeat(600))
    assert.equal(entries().length, 4)
    await secrets.write('aws', 'short')
    assert.deepEqual(entries(), ['kinloader/kinloader:aws:'])
  })

  it('are told to be broken when a part is lost', async () => {
    await secrets.write('aws', 'x'.repeat(600))
    assert.equal(splunkd.conf.secrets.delete('kinloader/kinloader:aws``splunk_cred_sep``2:'), true)
    await assert.rejects(secrets.read('aws'), { code: 'SECRET_INCOMPLETE', message: /aws .*store it again/ })
  })

  it('are refused when empty, and no failure tells them', async () => {
    await assert.rejects(secrets.write('aws', ''), { code: 'SECRET_UNFIT' })
    splunkd.onRequest(({ method }) => (method === 'POST' ? { status: 500 } : undefined))
    await assert.rejects(secrets.write('aws', 'hidden'), (error: Error) => {
      assert.ok(!`${error.message}${error.stack ?? ''}`.includes('hidden'))
      return (error as Error & { code: string }).code === 'SPLUNKD_FAILED'
    })
  })

  it('are masked in the settings of the input', async () => {
    splunkd.conf.stanzas.set('kinloader://my input', { stream: 'app', aws_secret_access_key: 'clear' })
    await secrets.mask('kinloader', 'my input', ['aws_secret_access_key'])
    assert.deepEqual(splunkd.conf.stanzas.get('kinloader://my input'), {
      stream: 'app',
      aws_secret_access_key: secretMask,
    })
    assert.deepEqual(splunkd.conf.edits, [
      { stanza: 'kinloader://my input', changes: { aws_secret_access_key: '********' } },
    ])
    await assert.rejects(secrets.mask('kinloader', 'none', ['a']), { code: 'SPLUNKD_NOT_FOUND' })
  })
})

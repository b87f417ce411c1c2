import assert from 'node:assert/strict'
import { SplunkdClient } from '../../src/clients/splunkd.ts'
import { readSettings } from '../../src/wiring/inputs/kinloader-settings.ts'
import { refuseRivals } from '../../src/wiring/rival-inputs.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'

const live = new AbortController().signal

describe('inputs which would do the same work', () => {
  let splunkd: FakeSplunkd
  let client: SplunkdClient

  beforeEach(async () => {
    splunkd = await FakeSplunkd.start()
    client = new SplunkdClient({ serverUri: splunkd.serverUri, sessionKey: splunkd.sessionKey })
  })

  afterEach(async () => {
    await client.close()
    await splunkd.stop()
  })

  const refuse = (
    params: Readonly<Record<string, string>> = {},
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    const surroundings = { environment }
    const settings = readSettings(
      new Map(Object.entries({ stream: 'orders', region: 'us-east-1', ...params })),
      surroundings,
    )
    return refuseRivals({ splunkd: client, name: 'mine', settings, surroundings, signal: live })
  }
  const beside = (name: string, content: Readonly<Record<string, unknown>>): void => {
    splunkd.clearFaults()
    splunkd.onRequest(() => ({
      status: 200,
      body: { entry: [{ name, content: { stream: 'orders', region: 'us-east-1', ...content } }] },
    }))
  }
  const second = { code: 'SECOND_INPUT', retryable: false }

  it('are looked for among all inputs of all apps', async () => {
    await refuse()
    assert.deepEqual(splunkd.requests, ['GET /servicesNS/nobody/-/data/inputs/kinloader?count=0&output_mode=json'])
  })

  it('are told by name, stream and checkpoint name', async () => {
    beside('theirs', { checkpoint_name: 'night' })
    await refuse()
    await assert.rejects(refuse({ checkpoint_name: 'night' }), {
      ...second,
      message:
        'The input "theirs" reads the stream orders with the checkpoint name night already: give this one another checkpoint_name, or edit that one.',
    })
  })

  it('are not the input itself', async () => {
    beside('mine', {})
    await refuse()
  })

  it('are found whatever store they use, and with the region of the environment', async () => {
    beside('theirs', { checkpoint_store: 'filesystem' })
    await assert.rejects(refuse(), second)
    beside('theirs', { region: '' })
    await refuse()
    await assert.rejects(refuse({}, { AWS_REGION: 'us-east-1' }), second)
  })

  it('are understood as splunkd tells them: booleans, numbers, nulls and its own settings beside', async () => {
    const content = {
      checkpoint_name: 7,
      dynamodb_create: true,
      disabled: false,
      interval: 30,
      host: '$decideOnStartup',
      'eai:acl': null,
      role_arn: null,
    }
    beside('theirs', content)
    await refuse()
    await assert.rejects(refuse({ checkpoint_name: '7' }), second)
  })

  it('share no DynamoDB table: its items do not tell streams apart', async () => {
    const shared = { checkpoint_store: 'dynamodb', dynamodb_table: 'shared' }
    beside('theirs', { ...shared, stream: 'invoices' })
    await assert.rejects(refuse(shared), {
      ...second,
      message:
        'The input "theirs" keeps its checkpoints in the DynamoDB table shared already: give this one another dynamodb_table.',
    })
    for (const other of [
      { ...shared, dynamodb_table: 'own' },
      { ...shared, checkpoint_store: 'kvstore' },
      { ...shared, dynamodb_endpoint: 'http://elsewhere.example' },
      { ...shared, region: 'us-west-2' },
    ]) {
      await refuse(other)
    }
  })

  it('are none where splunkd knows none, or tells what cannot be read', async () => {
    const rival = { stream: 'orders', region: 'us-east-1' }
    for (const reply of [
      { status: 404 },
      { status: 200 },
      { status: 200, body: [] },
      { status: 200, body: { entry: 'none' } },
      {
        status: 200,
        body: { entry: [null, 'x', {}, { name: 7, content: rival }, { name: 'a', content: null }, { content: rival }] },
      },
    ]) {
      splunkd.clearFaults()
      splunkd.onRequest(() => reply)
      await refuse()
    }
  })

  it('cannot be ruled out while splunkd does not say: the reason is passed on', async () => {
    splunkd.onRequest(() => ({ status: 500 }))
    await assert.rejects(refuse(), { code: 'SPLUNKD_FAILED' })
    splunkd.revokeSession()
    await assert.rejects(refuse(), { code: 'SPLUNKD_UNAUTHORIZED' })
  })
})

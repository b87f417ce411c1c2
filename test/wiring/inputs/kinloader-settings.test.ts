import assert from 'node:assert/strict'
import { type KinloaderSettings, readSettings } from '../../../src/wiring/inputs/kinloader-settings.ts'

const keyId = 'A'.repeat(20)

function read(params: Record<string, string>, serverHost = 'splunk-1'): KinloaderSettings {
  const all = { stream: 'orders', region: 'eu-central-1', ...params }
  return readSettings(new Map(Object.entries(all)), { serverHost, environment: {} })
}

function refusal(params: Record<string, string>): string {
  try {
    read(params)
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'BAD_SETTING')
    return (error as Error).message
  }
  return assert.fail(`accepted ${JSON.stringify(params)}`)
}

describe('the settings of the input kinloader', () => {
  it('need no more than a stream and a region', () => {
    assert.deepEqual(read({}), {
      stream: { name: 'orders', arn: undefined },
      region: 'eu-central-1',
      endpoint: undefined,
      dynamodbEndpoint: undefined,
      stsEndpoint: undefined,
      initialPosition: { kind: 'latest' },
      checkpointStore: 'kvstore',
      checkpointName: 'kinloader',
      checkpointIntervalMs: 5000,
      holdBackMs: 2000,
      importCheckpoints: undefined,
      dynamodb: {
        table: 'kinloader-orders',
        create: true,
        billing: 'provisioned',
        readCapacity: 10,
        writeCapacity: 10,
      },
      aws: {
        accessKeyId: undefined,
        secretAccessKey: undefined,
        secretIsStored: false,
        credential: undefined,
        roleArn: undefined,
        externalId: undefined,
        roleSessionName: 'kinloader',
        proxy: undefined,
      },
      recordFormat: 'auto',
      override: { host: undefined, source: undefined, sourcetype: undefined, index: undefined },
      fallback: { host: 'splunk-1', source: undefined, sourcetype: undefined, index: undefined },
      metricsIntervalMs: 60_000,
    } satisfies KinloaderSettings)
  })

  it('take empty fields for absent ones and ignore what splunkd adds', () => {
    const empty = { checkpoint_name: '', hold_back: ' ', dynamodb_create: '', start_by_shell: 'false', role_arn: '' }
    assert.deepEqual(read(empty), read({}))
  })

  it('take name and region from an ARN', () => {
    const arn = 'arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a.b_c-d'
    const settings = readSettings(new Map([['stream', arn]]))
    assert.deepEqual(settings.stream, { name: 'a.b_c-d', arn })
    assert.equal(settings.region, 'cn-north-1')
    assert.match(refusal({ stream: arn }), /region is eu-central-1, but the ARN of the stream says cn-north-1/)
  })

  it('take the region from the environment when nothing else says it', () => {
    const params = new Map([['stream', 'orders']])
    assert.equal(readSettings(params, { environment: { AWS_REGION: 'us-east-1' } }).region, 'us-east-1')
    assert.throws(() => readSettings(params), /region is missing/)
  })

  it('know the three initial positions', () => {
    assert.deepEqual(read({ initial_position: 'TRIM_HORIZON' }).initialPosition, { kind: 'trim_horizon' })
    const timeMs = Date.UTC(2026, 10, 20, 8, 30, 0, 250)
    for (const text of ['2026-11-20T08:30:00.25Z', '2026-11-20 09:30:00.250+01:00', '2026-11-20T03:30:00.25-0500']) {
      assert.deepEqual(read({ initial_position: text }).initialPosition, { kind: 'time', timeMs }, text)
    }
    for (const text of [
      '2026-11-20T08:30:00',
      '2026-02-30T08:00Z',
      '2026-11-20T25:00:00Z',
      'yesterday',
      '1700000000',
    ]) {
      assert.match(refusal({ initial_position: text }), /must be latest, trim_horizon or a time with its zone/, text)
    }
  })

  it('know durations with and without units', () => {
    assert.equal(read({ hold_back: '200ms' }).holdBackMs, 200)
    assert.equal(read({ hold_back: '0' }).holdBackMs, 0)
    assert.equal(read({ checkpoint_interval: '1.5' }).checkpointIntervalMs, 1500)
    assert.equal(read({ metrics_interval: '5m' }).metricsIntervalMs, 300_000)
    for (const text of ['-1s', '5 d', 's', '1e3', '10ms', '2h']) {
      assert.match(
        refusal({ checkpoint_interval: text }),
        /must be a duration such as 5s .* between 100ms and 1h/,
        text,
      )
    }
  })

  it('tell everything that is wrong in one sentence, without the values', () => {
    const message = refusal({
      checkpoint_store: 'kafka',
      dynamodb_read_capacity: '0',
      dynamodb_create: 'maybe',
      proxy: 'socks://user:swordfish@proxy',
    })
    assert.equal(
      message,
      'Correct the settings of this input: checkpoint_store must be kvstore, dynamodb or filesystem; ' +
        'dynamodb_create must be 1 or 0; dynamodb_read_capacity must be a whole number between 1 and 40000; ' +
        'proxy must be a URL which begins with https or http.',
    )
  })

  it('hold credentials together', () => {
    const aws = read({ aws_access_key_id: keyId, aws_secret_access_key: 'swordfish' }).aws
    assert.equal(aws.secretAccessKey, 'swordfish')
    const masked = read({ aws_access_key_id: keyId, aws_secret_access_key: '********' }).aws
    assert.equal(masked.secretAccessKey, undefined)
    assert.equal(masked.secretIsStored, true)
    assert.match(refusal({ aws_access_key_id: keyId }), /belong together/)
    assert.match(refusal({ aws_secret_access_key: 'swordfish' }), /belong together/)
    assert.match(
      refusal({ aws_access_key_id: keyId, aws_secret_access_key: 'swordfish', aws_credential: 'prod' }),
      /aws_credential takes the place/,
    )
    assert.doesNotMatch(refusal({ aws_access_key_id: '!', aws_secret_access_key: 'swordfish' }), /swordfish/)
    assert.match(refusal({ external_id: 'abc' }), /external_id needs role_arn/)
  })

  it('know where kinlog left its checkpoints', () => {
    const kinds = {
      'file:/var/checkpoints.json': { kind: 'filesystem', path: '/var/checkpoints.json' },
      '/var/checkpoints.json': { kind: 'filesystem', path: '/var/checkpoints.json' },
      'dynamodb:old-table': { kind: 'dynamodb', table: 'old-table' },
      'kvstore:positions': { kind: 'kvstore', app: undefined, collection: 'positions' },
      'kvstore:kinlog/positions': { kind: 'kvstore', app: 'kinlog', collection: 'positions' },
    }
    for (const [text, place] of Object.entries(kinds)) {
      assert.deepEqual(read({ import_checkpoints: text }).importCheckpoints, place)
    }
    assert.match(
      refusal({ import_checkpoints: 'somewhere' }),
      /must be file:\/path, dynamodb:table or kvstore:collection/,
    )
  })

  it("never take splunkd's placeholders for values", () => {
    const placeholders = { host: '$decideOnStartup', index: 'default', source: 's', sourcetype: 't' }
    assert.deepEqual(read(placeholders).fallback, {
      host: 'splunk-1',
      source: 's',
      sourcetype: 't',
      index: undefined,
    })
    assert.equal(read({ host: 'web-1' }).fallback.host, 'web-1')
    assert.equal(read(placeholders, '').fallback.host, undefined)
    assert.equal(read({ override_index: 'main' }).override.index, 'main')
  })

  it('refuse endpoints which are no URL or hold a password', () => {
    assert.equal(read({ endpoint: 'http://127.0.0.1:4567/' }).endpoint, 'http://127.0.0.1:4567')
    assert.match(refusal({ endpoint: '127.0.0.1:4567' }), /endpoint must be a URL/)
    assert.match(refusal({ sts_endpoint: 'https://u:p@sts' }), /sts_endpoint must be a URL without user name/)
  })

  it('refuse a list where a single value belongs', () => {
    assert.throws(() => readSettings(new Map([['stream', ['a', 'b']]])), /stream must be a single value/)
  })
})

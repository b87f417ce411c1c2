import assert from 'node:assert/strict'
import { createFirehoseClient } from '../../../src/clients/firehose.ts'
import { errorCode } from '../../../src/core/errors.ts'
import { checkStream } from '../../../src/sinks/firehose/stream-check.ts'
import { type FakeStreamOptions, FirehoseEngine } from '../../fakes/firehose/engine.ts'
import type { FirehoseFault } from '../../fakes/firehose/faults.ts'
import { FirehoseDoor } from '../../fakes/firehose/sdk-door.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

interface Situation {
  readonly options?: FakeStreamOptions
  readonly isThere?: boolean
  readonly fault?: FirehoseFault
  /** How often. */
  readonly times?: number
  readonly credentials?: () => Promise<never>
  readonly signal?: AbortSignal
}

async function check(situation: Situation): Promise<RecordingLogger> {
  const { options = {}, isThere = true, fault, times = Infinity, credentials } = situation
  const { signal = new AbortController().signal } = situation
  const clock = new VirtualClock()
  const engine = new FirehoseEngine({ clock })
  if (isThere) engine.createStream('logs', options)
  if (fault !== undefined) engine.faults.inject({ operation: 'DescribeDeliveryStream', fault, times })
  const logger = new RecordingLogger()
  const client = createFirehoseClient({
    region: 'us-east-1',
    credentials: credentials ?? (() => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' })),
    requestHandler: new FirehoseDoor(engine, { clock }),
  })
  await checkStream({ client, stream: 'logs', logger, signal })
  return logger
}

const error = (name: string, status = 400): FirehoseFault => ({ kind: 'error', name, status })

describe('the check of the delivery stream', () => {
  it('says nothing about one which takes records', async () => {
    assert.deepEqual((await check({})).lines, [])
  })

  it('asks again with the time which AWS has told, where the clock is wrong', async () => {
    assert.deepEqual((await check({ fault: error('InvalidSignatureException'), times: 1 })).lines, [])
  })

  const noCredentials = (): Promise<never> =>
    Promise.reject(Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' }))

  for (const [what, code, situation] of [
    ['is not there', 'NO_STREAM', { isThere: false }],
    ['is being deleted', 'STREAM_DELETING', { options: { status: 'DELETING' } }],
    ['could not be created', 'STREAM_FAILED', { options: { status: 'CREATING_FAILED' } }],
    ['is asked for with an expired token', 'BAD_CREDENTIALS', { fault: error('ExpiredTokenException') }],
    ['is asked for with an unknown key', 'BAD_CREDENTIALS', { fault: error('UnrecognizedClientException') }],
    ['is asked for without credentials', 'BAD_CREDENTIALS', { credentials: noCredentials }],
  ] as const) {
    it(`ends the start when it ${what}`, async () => {
      await assert.rejects(check(situation), (thrown) => {
        assert.equal(errorCode(thrown), code)
        assert.match(String(thrown), /^KinloaderError: [A-Z][^.\n]*\.$/)
        return true
      })
    })
  }

  for (const [what, wanted, situation] of [
    ['is still being created', /wait for it/, { options: { status: 'CREATING' } }],
    ['could not be deleted', /DELETING_FAILED/, { options: { status: 'DELETING_FAILED' } }],
    ['is fed by Kinesis', /Direct PUT/, { options: { type: 'KinesisStreamAsSource' } }],
    ['may not be described', /DescribeDeliveryStream is not allowed/, { fault: error('AccessDeniedException') }],
    ['is asked for in vain', /Health Dashboard/, { fault: { kind: 'http', status: 500 } }],
    ['is asked for too often', /quota/, { fault: error('LimitExceededException') }],
    ['cannot be reached', /check network/, { fault: { kind: 'reset' } }],
  ] as const) {
    it(`warns and goes on when it ${what}`, async () => {
      const { lines } = await check(situation)
      assert.deepEqual(
        lines.map(({ level, at }) => `${level} ${at}`),
        ['warn stream'],
      )
      assert.match(String(lines[0]?.fields['error']), wanted)
    })
  }

  it('says nothing when it is given up', async () => {
    assert.deepEqual((await check({ signal: AbortSignal.abort() })).lines, [])
  })
})

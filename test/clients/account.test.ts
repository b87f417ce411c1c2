import assert from 'node:assert/strict'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { createStsClient, Owner, readAccount } from '../../src/clients/account.ts'
import { errorCode } from '../../src/core/errors.ts'
import { Counters } from '../../src/core/metrics.ts'
import { type FakeFirehose, startFakeFirehose } from '../fakes/firehose/http-door.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const live = new AbortController().signal

describe('the account', () => {
  let fake: FakeFirehose

  const client = (): ReturnType<typeof createStsClient> =>
    createStsClient({
      region: 'us-east-1',
      endpoint: fake.endpoint,
      credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
      requestHandler: new NodeHttpHandler(),
    })

  afterEach(() => fake.close())

  it('is told by STS, in one call', async () => {
    fake = await startFakeFirehose({ accountId: '210987654321' })
    assert.equal(await readAccount(client(), live), '210987654321')
    assert.deepEqual(
      fake.calls.map(({ operation }) => operation),
      ['GetCallerIdentity'],
    )
  })

  it('is not taken from an answer which names none', async () => {
    fake = await startFakeFirehose({ accountId: 'nobody' })
    await assert.rejects(readAccount(client()), (error) => errorCode(error) === 'BAD_ANSWER')
  })

  it('is not asked for twice when STS refuses', async () => {
    fake = await startFakeFirehose()
    const fault = { kind: 'error', name: 'ServiceUnavailable', status: 503 } as const
    fake.faults.inject({ operation: 'GetCallerIdentity', fault, times: Infinity })
    await assert.rejects(readAccount(client()))
    assert.equal(fake.calls.length, 1)
  })
})

describe('the owner of records', () => {
  let clock: VirtualClock
  let logger: RecordingLogger
  let counters: Counters
  let answers: (() => Promise<string>)[]
  let asked: number

  function owner(explicit?: string): Owner {
    clock = new VirtualClock()
    logger = new RecordingLogger()
    counters = new Counters()
    asked = 0
    const read = (): Promise<string> => {
      asked += 1
      return answers.shift()?.() ?? Promise.reject(new Error('STS is away'))
    }
    return new Owner({ explicit, read, clock, logger, counters })
  }

  it('is who the user says, and nobody is asked', async () => {
    answers = []
    const one = owner('111122223333')
    await one.run(live)
    assert.equal(one.current(), '111122223333')
    assert.equal(asked, 0)
  })

  it('is the account', async () => {
    answers = [() => Promise.resolve('123456789012')]
    const one = owner()
    assert.equal(one.isKnown, false)
    assert.equal(await one.lookUp(live), true)
    assert.equal(one.current(), '123456789012')
    assert.deepEqual(logger.lines, [])
  })

  it('is nobody while STS is away, with one warning, and is asked for each minute', async () => {
    const no = (): Promise<string> => Promise.reject(new Error('STS is away'))
    answers = [no, no, no, () => Promise.resolve('123456789012')]
    const one = owner()
    const running = one.run(live)
    await clock.advance(179_999)
    assert.equal(one.current(), '000000000000')
    assert.equal(asked, 3)
    assert.deepEqual(logger.told('warn'), ['warn owner'])
    assert.match(String(logger.lines[0]?.fields['effect']), /000000000000.*--owner/)
    assert.equal(counters.get('owner_lookup_failed'), 3)
    await clock.advance(1)
    await running
    assert.equal(one.current(), '123456789012')
    assert.deepEqual(logger.told('info'), ['info owner'])
  })

  it('is not waited for after an abort, also where the SDK still waits for credentials', async () => {
    answers = [() => new Promise(() => {})]
    const one = owner()
    const stop = new AbortController()
    const lookedUp = one.lookUp(stop.signal)
    stop.abort()
    assert.equal(await lookedUp, false)
    assert.deepEqual(logger.lines, [])
  })

  it('is asked for no more after the end', async () => {
    answers = []
    const one = owner()
    const stop = new AbortController()
    const running = one.run(stop.signal)
    await clock.advance(0)
    stop.abort()
    await running
    assert.equal(asked, 1)
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { hostname } from 'node:os'
import type { Writable } from 'node:stream'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { pino } from 'pino'
import type { LogEvent } from '../src/core/event.ts'
import { systemClock } from '../src/host/system-clock.ts'
import pinoTransport, { type PinoTransportOptions } from '../src/pino.ts'
import { KinesisEngine } from './fakes/kinesis/engine.ts'
import { type HttpDoor, startKinesisServer } from './fakes/kinesis/http-door.ts'
import { RecordingLogger } from './support/recording-logger.ts'
import { sentEvents } from './support/sent-events.ts'

const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }

describe('the pino transport', () => {
  let engine: KinesisEngine
  let door: HttpDoor
  let client: KinesisClient
  let logger: RecordingLogger

  beforeEach(async () => {
    engine = new KinesisEngine({ clock: systemClock })
    engine.createStream('logs')
    door = await startKinesisServer(engine, { clock: systemClock })
    client = new KinesisClient({
      region: 'us-east-1',
      endpoint: door.endpoint,
      credentials,
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(), // by itself it would speak HTTP/2
    })
    logger = new RecordingLogger()
  })

  afterEach(async () => {
    client.destroy()
    await door.close()
  })

  function open(options: Partial<PinoTransportOptions> = {}): Promise<Writable> {
    return pinoTransport({ stream: 'logs', client, logger, flushIntervalMs: 20, ...options })
  }

  /** What arrives of lines, written one after the other, by the end of the transport. */
  async function arrived(
    lines: readonly string[],
    options?: Partial<PinoTransportOptions>,
  ): Promise<readonly LogEvent[]> {
    const transport = await open(options)
    for (const line of lines) transport.write(`${line}\n`)
    transport.end()
    await once(transport, 'close')
    return sentEvents(engine, 'logs')
  }

  it('sends each line as it is with its time and the metadata given, and all of it before it closes', async () => {
    const transport = await open({ source: 'shop', sourcetype: 'pino', host: 'web1', index: 'main', probe: false })
    const log = pino({ base: null, timestamp: () => ',"time":1700000000123' }, transport)
    for (let i = 0; i < 3; i++) log.info({ i }, 'order placed')
    transport.end()
    await once(transport, 'close')
    assert.deepEqual(
      sentEvents(engine, 'logs'),
      [0, 1, 2].map((i) => ({
        message: `{"level":30,"time":1700000000123,"i":${i},"msg":"order placed"}`,
        time: { seconds: 1_700_000_000, nanos: 123_000_000 },
        source: 'shop',
        sourcetype: 'pino',
        host: 'web1',
        index: 'main',
      })),
    )
    assert.deepEqual(logger.told('warn', 'error'), [])
  })

  it('takes the time in each form in which pino writes it', async () => {
    const seconds = 1_700_000_000
    const cases: readonly (readonly [string, LogEvent['time']])[] = [
      ['{"time":1700000000123}', { seconds, nanos: 123_000_000 }],
      ['{"time":1700000000}', { seconds, nanos: 0 }],
      ['{"time":1700000000000.5}', { seconds, nanos: 500_000 }],
      ['{"time":"2023-11-14T22:13:20.123456789Z"}', { seconds, nanos: 123_456_789 }],
      ['{"time":"2023-11-14T22:13:20.000Z"}', { seconds, nanos: 0 }],
      ['{"time":"yesterday"}', undefined],
      ['{"time":null}', undefined],
      ['{"time":1e999}', undefined],
      ['{"msg":"no time"}', undefined],
    ]
    const events = await arrived(cases.map(([line]) => line))
    assert.deepEqual(
      events.map(({ message, time }) => [message, time]),
      cases.map(([line, time]) => [line, time]),
    )
  })

  it('sends what is no JSON, leaves out empty lines, and names the machine as the host', async () => {
    const lines = ['plain text', '', 'null', '7', '{"broken":', 'späße']
    const events = await arrived(lines)
    assert.deepEqual(
      events.map(({ message, host }) => [Buffer.from(message).toString(), host]),
      lines.filter((line) => line !== '').map((line) => [line, hostname()]),
    )
    assert.ok(events.every((event) => event.time === undefined && event.source === undefined))
  })

  it('drops a line too large for a record, says so, and goes on', async () => {
    const events = await arrived(['before', randomText(1_500_000), 'after'])
    assert.deepEqual(
      events.map(({ message }) => message),
      ['before', 'after'],
    )
    assert.match(JSON.stringify(logger.lines), /"dropped":1,"error":"An event of \d+ bytes does not fit/)
  })

  it('drops what Kinesis is too slow for, and tells how much', async () => {
    engine.faults.inject({ operation: 'PutRecords', fault: { kind: 'delay', ms: 300 } })
    const events = await arrived(
      Array.from({ length: 200 }, (_, i) => `line ${i}`),
      { maxPendingBytes: 2000, probe: false },
    )
    const dropped = Number(logger.find('pino')[0]?.fields['dropped_in_all'])
    assert.ok(dropped > 0 && events.length > 0)
    assert.equal(events.length + dropped, 200)
  })

  it('tells how much was lost when it could not be delivered in time', async () => {
    const transport = await open({ closeTimeoutMs: 50 })
    engine.deleteStream('logs')
    transport.write('one\ntwo\n')
    transport.end()
    await once(transport, 'close')
    assert.equal(logger.find('pino')[0]?.fields['lost'], 2)
  })

  it('delivers the last line too when it has to wait until there is room', async () => {
    engine.faults.inject({ operation: 'PutRecords', fault: { kind: 'delay', ms: 100 } })
    const events = await arrived(['one', 'two'], { whenFull: 'wait', maxPendingBytes: 1, probe: false })
    assert.equal(events.length, 2)
    assert.deepEqual(logger.told('warn', 'error'), [])
  })

  it('waits no longer for the last line to be taken', async () => {
    const transport = await open({ closeTimeoutMs: 50, whenFull: 'wait', maxPendingBytes: 1 })
    engine.deleteStream('logs')
    transport.write('one\ntwo\n')
    transport.end()
    await once(transport, 'close')
    assert.deepEqual(
      logger.find('pino').map(({ fields }) => [fields['dropped_in_all'], fields['lost']]),
      [
        [1, undefined],
        [undefined, 1],
      ],
    )
  })

  it('cannot be opened for a stream which is not there', async () => {
    await assert.rejects(open({ stream: 'other' }), { code: 'PROBE_FAILED' })
  })

  it('ends with the error which ended the sender', async () => {
    const transport = await open({ giveUpMs: 1, closeTimeoutMs: 50 })
    engine.deleteStream('logs')
    const failed = once(transport, 'error') as Promise<[Error & { code?: string }]>
    const lines = setInterval(() => transport.write('line\n'), 10)
    const [error] = await failed
    clearInterval(lines)
    assert.equal(error.code, 'SENDER_FAILED')
  })
})

/** Deflate cannot make it small. */
function randomText(length: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(65_536)))
    .toString('base64')
    .repeat(Math.ceil(length / 87_384))
    .slice(0, length)
}

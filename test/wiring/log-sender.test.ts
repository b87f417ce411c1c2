import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { awsRequestHandler, createKinesisClient } from '../../src/clients/aws.ts'
import { errorCode } from '../../src/core/errors.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { type LogSender, type LogSenderOptions, openLogSender } from '../../src/wiring/log-sender.ts'
import { KinesisEngine } from '../fakes/kinesis/engine.ts'
import { SdkDoor } from '../fakes/kinesis/sdk-door.ts'
import { type HttpDoor, startKinesisServer } from '../fakes/kinesis/http-door.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { sentMessages, sentRecords } from '../support/sender-run.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { fakeClient } from '../support/fake-client.ts'

describe('the log sender', () => {
  let clock: VirtualClock
  let engine: KinesisEngine
  let logger: RecordingLogger

  beforeEach(() => {
    clock = new VirtualClock()
    engine = new KinesisEngine({ clock })
    engine.createStream('logs', { shards: 2 })
    logger = new RecordingLogger()
  })

  function open(options: Partial<LogSenderOptions> = {}): Promise<LogSender> {
    const client = fakeClient(engine, new SdkDoor(engine, { clock }))
    // Somebody who sleeps: signing a first request takes the event loop longer than the clock has patience.
    void clock.sleep(3_600_000)
    return clock.runUntil(openLogSender({ stream: 'logs', client, clock, logger, ...options }))
  }

  /** On the real clock: compressing takes time there. */
  function openNow(): Promise<LogSender> {
    engine = new KinesisEngine({ clock: systemClock })
    engine.createStream('logs', { shards: 2 })
    const client = fakeClient(engine, new SdkDoor(engine, { clock: systemClock }))
    return openLogSender({ stream: 'logs', client, probe: false, flushIntervalMs: 5, logger })
  }

  it('puts a probe without events at the start, and none where it is told not to', async () => {
    await (await open()).close()
    const [probe, ...more] = sentRecords(engine)
    assert.deepEqual(more, [])
    assert.equal(probe?.stored.partitionKey, '__null__')
    const { encId, ...metadata } = probe.metadata ?? {}
    assert.ok(encId !== undefined && encId >= 0n && encId < 2n ** 63n)
    assert.deepEqual(metadata, {
      unbroken: false,
      source: '__null__',
      sourcetype: '__null__',
      host: '__null__',
      index: '__null__',
      blockId: 0n,
    })
    assert.deepEqual(probe.items, [])
    await (await open({ probe: false })).close()
    assert.equal(sentRecords(engine).length, 1)
  })

  it('refuses what can never work before it puts the probe or takes the folder', async () => {
    const spoolFolder = mkdtempSync(join(tmpdir(), 'log-sender-'))
    try {
      for (const options of [
        { maxParallelFlushes: 0 },
        { giveUpMs: NaN },
        { probeRetries: -1 },
        { maxSpoolBytes: 0 },
        { monitorIntervalMs: Infinity },
        JSON.parse('{"whenFull":"Drop"}') as Partial<LogSenderOptions>,
      ]) {
        await assert.rejects(open({ ...options, spoolFolder }), (error) => errorCode(error) === 'BAD_SETTING')
      }
      assert.deepEqual(sentRecords(engine), [])
      assert.deepEqual(readdirSync(spoolFolder), [])
    } finally {
      rmSync(spoolFolder, { recursive: true, force: true })
    }
  })

  it('waits for ever where the time is infinite', async () => {
    const sender = await openNow()
    await sender.write({ message: 'a' })
    assert.deepEqual(await sender.flush(Infinity), { events: 0, bytes: 0 })
    await sender.write({ message: 'b' })
    assert.deepEqual(await sender.close(Infinity), { events: 0, bytes: 0 })
    assert.deepEqual([...sentMessages(engine)].sort(), ['a', 'b'])
  })

  it('says what is wrong when the probe fails, after trying again where that may help', async () => {
    for (const [fault, message, puts] of [
      [{ kind: 'error', name: 'ResourceNotFoundException' }, /^Kinesis check failed: stream logs does not exist/, 1],
      [
        { kind: 'error', name: 'AccessDeniedException' },
        /^Kinesis check failed: access .* allow kinesis:PutRecords/,
        1,
      ],
      [{ kind: 'reset' }, /^Kinesis check failed: Kinesis cannot be reached/, 4],
      [{ kind: 'fail-entries', indexes: [0], code: 'InternalFailure' }, /^Kinesis check failed: InternalFailure/, 4],
      [{ kind: 'http', status: 200, body: '{"Records":[]}' }, /^Kinesis check failed: .*no result for each record/, 4],
    ] as const) {
      const before = engine.calls.count('PutRecords')
      engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault })
      await assert.rejects(open(), (error: Error) => errorCode(error) === 'PROBE_FAILED' && message.test(error.message))
      if (fault.kind !== 'reset' && fault.kind !== 'http') assert.equal(engine.calls.count('PutRecords') - before, puts)
      engine.faults.clear()
    }
    engine.faults.inject({ operation: 'PutRecords', times: 2, fault: { kind: 'throttle' } })
    await (await open()).close()
  })

  it('refuses options which could never work', async () => {
    for (const options of [
      { stream: 'no stream!' },
      { maxParallelFlushes: 0 },
      { flushIntervalMs: -1 },
      { probeRetries: -1 },
    ]) {
      await assert.rejects(open(options), (error) => errorCode(error) === 'BAD_SETTING')
    }
  })

  it('hands out writers each write of which is one event', async () => {
    const sender = await openNow()
    const plain = sender.writer({ source: 's', sourcetype: 't', host: 'h', index: 'i' })
    const timed = sender.writer({ source: 'timed' }, { timestamp: true })
    const bytes = Buffer.from([0xff, 0x00, 0x0a])
    plain.write('one\ntwo\n')
    plain.write(bytes)
    timed.write('now')
    await new Promise<void>((resolve) => plain.end('last', resolve))
    await sender.flush()
    const events = sentRecords(engine).flatMap(({ items }) => items)
    const said = { source: 's', sourcetype: 't', host: 'h', index: 'i' }
    const ofPlain = events.filter(({ source }) => source === 's')
    assert.deepEqual(
      ofPlain,
      [
        { ...said, message: 'one\ntwo\n' },
        { ...said, message: new Uint8Array([0xff, 0x00, 0x0a]) },
        { ...said, message: 'last' },
      ].map((event) => ({
        ...event,
        message: typeof event.message === 'string' ? event.message : Buffer.from(event.message),
      })),
    )
    const [ofTimed] = events.filter(({ source }) => source === 'timed')
    assert.ok(Math.abs((ofTimed?.time?.seconds ?? 0) - systemClock.now() / 1000) < 60)
    const refused = new Promise((resolve) => {
      plain.write('late', resolve)
    })
    assert.ok((await refused) instanceof Error)
    await sender.write({ message: 'the sender lives on' })
    await sender.close()
    assert.ok(sentMessages(engine).includes('the sender lives on'))
  })

  it('drops what a writer brings and no record can hold, counts it, tells it, and goes on', async () => {
    const sender = await openNow()
    const writer = sender.writer({ source: 's' })
    writer.write('x'.repeat(20_000_000))
    writer.write('y'.repeat(20_000_000))
    await new Promise((resolve) =>
      writer.end('small', () => {
        resolve(undefined)
      }),
    )
    await sender.close()
    assert.deepEqual(sentMessages(engine), ['small'])
    assert.equal(sender.statistics().droppedWrites, 2)
    assert.deepEqual(logger.told('warn', 'error'), ['error drop'])
    assert.match(String(logger.find('drop')[0]?.fields['error']), /does not fit into a record/)
  })

  it('ends within the time it is given and says what is left', async () => {
    const sender = await open({ probe: false })
    engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
    for (let i = 0; i < 5; i++) await sender.write({ message: `${i}` })
    assert.equal((await clock.runUntil(sender.flush(2000))).events, 5)
    assert.equal((await clock.runUntil(sender.close(3000), { maxMs: 4000 })).events, 5)
    await assert.rejects(sender.write({ message: 'late' }), (error) => errorCode(error) === 'CLOSED')
    assert.equal((await sender.close()).events, 5)
  })

  it('logs a line of statistics as often as it is told to, and nothing to stdout', async () => {
    const sender = await open({ probe: false, monitorIntervalMs: 60_000 })
    await sender.write({ message: 'x' })
    await clock.advance(121_000)
    const lines = logger.find('sender')
    assert.equal(lines.length, 2)
    assert.equal(lines[1]?.fields['entry_count'], 1)
    assert.equal(lines[1].fields['dropped_writes'], 0)
    await clock.runUntil(sender.close())
    await clock.advance(121_000)
    assert.equal(logger.find('sender').length, 2)
  })
})

describe('a log sender which is killed', () => {
  const child = fileURLToPath(new URL('../support/sending-child.ts', import.meta.url))
  let folder: string
  let engine: KinesisEngine
  let door: HttpDoor

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'killed-sender-'))
    const limits = { writeBytesPerSecond: Infinity, writeRecordsPerSecond: Infinity }
    engine = new KinesisEngine({ clock: systemClock, limits })
    engine.createStream('logs', { shards: 2 })
    door = await startKinesisServer(engine, { clock: systemClock })
  })

  afterEach(async () => {
    await door.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('has lost nothing which was taken, with its spool, and repeats only under the same batch ids', async () => {
    const random = new SeededRandom(Math.floor(Math.random() * 2 ** 32))
    const taken: number[] = []
    try {
      for (let round = 0; round < 6; round++) {
        // Sometimes nothing arrives, sometimes what arrived is not known to have.
        if (round % 3 === 1)
          engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
        if (round % 3 === 2)
          engine.faults.inject({ operation: 'PutRecords', times: 20, fault: { kind: 'lost-answer' } })
        taken.push(...(await killedAfter(random.between(1, 800), round * 1_000_000)))
        engine.faults.clear()
      }
      const client = createKinesisClient({
        region: engine.region,
        endpoint: door.endpoint,
        credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
        requestHandler: awsRequestHandler(),
      })
      const logger = new RecordingLogger()
      const sender = await openLogSender({ stream: 'logs', client, spoolFolder: folder, probe: false, logger })
      assert.equal((await sender.close()).events, 0)
      const arrived = new Set(sentMessages(engine).map(Number))
      assert.deepEqual(
        taken.filter((number) => !arrived.has(number)),
        [],
      )
      const holders = new Map<string, Set<string>>()
      for (const { metadata, items } of sentRecords(engine)) {
        for (const { message } of items) {
          const ids = holders.get(String(message)) ?? new Set()
          holders.set(String(message), ids.add(metadata?.batchId ?? ''))
        }
      }
      assert.deepEqual(
        [...holders].filter(([, ids]) => ids.size !== 1),
        [],
      )
      assert.deepEqual(readdirSync(folder), [])
      assert.deepEqual(logger.lines, [])
      client.destroy()
    } catch (error) {
      throw new Error(`with seed ${random.seed}`, { cause: error })
    }
  })

  /** What a sender printed to have taken, at least so many, before it was killed. */
  async function killedAfter(count: number, first: number): Promise<number[]> {
    const program = spawn(process.execPath, [child, door.endpoint, folder, String(first)], {
      env: { AWS_ACCESS_KEY_ID: 'AKIATESTER', AWS_SECRET_ACCESS_KEY: 'secret' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const numbers: number[] = []
    for await (const line of createInterface(program.stdout)) {
      numbers.push(Number(line))
      if (numbers.length === count) program.kill('SIGKILL')
    }
    if (program.exitCode === null && program.signalCode === null) await once(program, 'exit')
    return numbers
  }
})

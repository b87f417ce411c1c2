import assert from 'node:assert/strict'
import { awsRequestHandler } from '../../../src/clients/aws.ts'
import { createFirehoseClient } from '../../../src/clients/firehose.ts'
import { KinloaderError } from '../../../src/core/errors.ts'
import { Counters } from '../../../src/core/metrics.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import { MemoryRecords } from '../../../src/sinks/firehose/memory-records.ts'
import { Uploader } from '../../../src/sinks/firehose/uploader.ts'
import { startFakeFirehose } from '../../fakes/firehose/http-door.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { numbered, UploaderRun, type UploaderRunOptions } from '../../support/uploader-run.ts'

const minuteMs = 60_000

function texts(count: number, prefix?: string): string[] {
  return numbered(count, prefix).map(String)
}

/** A store where reading a record fails with the code which this returns. */
function reading(failure: (name: string) => string | undefined): (records: MemoryRecords) => MemoryRecords {
  return (records) => {
    const read = records.read.bind(records)
    return Object.assign(records, {
      read: (record: Parameters<typeof read>[0]) => {
        const code = failure(record.name)
        return code === undefined ? read(record) : Promise.reject(new KinloaderError(code, 'no'))
      },
    })
  }
}

describe('uploader', () => {
  let run: UploaderRun

  /** With records which an earlier run left. */
  function started(leftovers: readonly Uint8Array[] = [], options: UploaderRunOptions = {}): UploaderRun {
    run = new UploaderRun(options)
    if (leftovers.length > 0) run.store.add(...leftovers)
    return run.start()
  }

  afterEach(async () => {
    await run.stop()
  })

  describe('when it uploads', () => {
    it('uploads what an earlier run left at once', async () => {
      started(numbered(3))
      await run.clock.advance(0)
      assert.deepEqual(run.arrived, texts(3))
      assert.equal(run.store.waiting, 0)
      assert.equal(run.puts.length, 1)
    })

    it('uploads at once when 500 records wait, and not earlier', async () => {
      started()
      await run.clock.advance(1000)
      run.store.add(...numbered(499))
      await run.clock.advance(0)
      assert.equal(run.puts.length, 0)
      run.store.add(Buffer.from('the last'))
      await run.clock.advance(0)
      assert.deepEqual(
        run.puts.map(({ records }) => records),
        [500],
      )
    })

    it('uploads at once when a request is full: three records of full size', async () => {
      started()
      await run.clock.advance(1000)
      const full = Buffer.alloc(1_024_000, 'x')
      run.store.add(full, full, full)
      await run.clock.advance(0)
      assert.equal(run.puts.length, 0)
      run.store.add(Buffer.alloc(300_000, 'y'))
      await run.clock.advance(0)
      assert.deepEqual(
        run.puts.map(({ records }) => records),
        [3],
      )
      assert.ok((run.puts[0]?.bodyBytes ?? 0) > 4_096_000 && (run.puts[0]?.bodyBytes ?? 0) <= 4_194_304)
      await run.clock.advance(minuteMs)
      assert.equal(run.store.waiting, 0)
    })

    it('fills a request to the byte, everything in it counted as it is sent', async () => {
      for (const [bytes, wanted] of [
        [73_653, [4]],
        [73_654, [3, 1]],
      ] as const) {
        const full = Buffer.alloc(1_024_000, 'x')
        run = new UploaderRun({ maxInFlight: 1 })
        run.store.add(full, full, full, Buffer.alloc(bytes, 'y'))
        run.start()
        await run.clock.advance(0)
        assert.deepEqual(
          run.puts.map(({ records }) => records),
          wanted,
        )
        assert.ok(run.puts.every(({ bodyBytes, error }) => bodyBytes <= 4_194_304 && error === undefined))
        await run.stop()
      }
    })

    it('uploads each minute whatever the traffic, on its own timer', async () => {
      started()
      const dueMs = run.clock.monotonic() + minuteMs
      await run.clock.advance(59_000)
      run.store.add(Buffer.from('late'))
      await run.clock.advance(dueMs - run.clock.monotonic() - 1)
      assert.equal(run.puts.length, 0)
      await run.clock.advance(1)
      assert.deepEqual(run.arrived, ['late'])
      assert.equal(run.counters.get('upload_calls'), 1)
    })

    it('uploads all that is due, however many requests that takes', async () => {
      started(numbered(8), { maxRecords: 3 })
      await run.clock.advance(0)
      assert.deepEqual(run.puts.map(({ records }) => records).sort(), [2, 3, 3])
    })

    it('uploads no more than was due, and what may come with it', async () => {
      started(numbered(8), { maxRecords: 3, maxInFlight: 1, door: { latencyMs: 10 } })
      await run.clock.advance(1)
      run.store.add(...numbered(2, 'new'))
      await run.clock.advance(minuteMs - 2)
      // The third of them has room for one of the new; the other waits for its time.
      assert.deepEqual(
        run.puts.map(({ records }) => records),
        [3, 3, 3],
      )
      await run.clock.advance(11)
      assert.equal(run.puts.length, 4)
    })

    it('has at most four requests in flight, and no more of their bytes', async () => {
      const big = Array.from({ length: 24 }, (_, i) => Buffer.alloc(1_000_000, String.fromCharCode(65 + i)))
      started(big, { door: { latencyMs: 1000 } })
      await run.untilEmpty()
      assert.equal(run.engine.deliveredRecords, 24)
      assert.equal(run.door.peakRequests, 4)
      assert.ok(run.door.peakBytes <= 4 * 4_194_304)
    })
  })

  describe('faults of the original', () => {
    it('fault 17: with no new traffic, leftovers and failed records are still uploaded', async () => {
      run = new UploaderRun()
      run.store.add(...numbered(10))
      run.engine.faults.inject({ fault: { kind: 'fail-entries', indexes: [2, 5] } })
      run.engine.faults.inject({ fault: { kind: 'http', status: 502 }, times: 2 })
      run.start()
      await run.untilEmpty(minuteMs)
      assert.deepEqual([...run.arrived].sort(), texts(10))
    })

    for (const [how, fault] of [
      ['the calls', { kind: 'throttle' }],
      ['each entry', { kind: 'fail-entries', indexes: 'all' }],
    ] as const) {
      for (const latencyMs of [0, 40]) {
        it(`fault 18: "Slow down." to ${how} for 60 s: at most 12 calls, afterwards all delivered (${latencyMs} ms away)`, async () => {
          // The shortest delays there can be.
          run = new UploaderRun({ random: () => 0, door: { latencyMs } })
          run.start()
          // Four requests at once are what it does when all is well.
          for (let i = 0; i < 8; i++) run.store.add(...numbered(500, `warm ${i}`))
          await run.untilEmpty()
          const before = run.puts.length
          const endMs = run.clock.now() + minuteMs
          run.engine.faults.inject({ fault, times: Infinity, untilMs: endMs })
          for (let i = 0; i < 10; i++) run.store.add(...numbered(500, `during ${i}`))
          await run.clock.advance(minuteMs - 1)
          const calls = run.puts.length - before
          assert.ok(calls <= 12, `${calls} calls`)
          assert.ok(calls >= 5, `${calls} calls`)
          await run.untilEmpty(minuteMs)
          assert.equal(run.engine.deliveredRecords, 18 * 500)
          assert.equal(new Set(run.arrived).size, 18 * 500)
        })
      }
    }

    it('fault 19: of 500 entries 50 fail: exactly those 50 are put again', async () => {
      run = new UploaderRun()
      run.store.add(...numbered(500))
      const indexes = Array.from({ length: 50 }, (_, i) => i * 10 + 3)
      run.engine.faults.inject({ fault: { kind: 'fail-entries', indexes, code: 'InternalFailure' } })
      run.start()
      await run.untilEmpty()
      assert.deepEqual(
        run.puts.map(({ records }) => records),
        [500, 50],
      )
      assert.deepEqual(
        run.arrived.slice(450),
        indexes.map((i) => `record ${i}`),
      )
      assert.deepEqual([...run.arrived].sort(), texts(500).sort())
      assert.equal(run.counters.get('batch_record_failed.InternalFailure'), 50)
      assert.equal(run.counters.get('upload_retries.some_records'), 1)
    })

    for (const code of ['ENOENT', 'EISDIR', 'EUCLEAN', 'SPOOL_DAMAGED']) {
      it(`fault 20: a file which can never be read (${code}) blocks no other, and is put aside at once`, async () => {
        const broken = 'record-000000002'
        started(numbered(3), { wrap: reading((name) => (name === broken ? code : undefined)) })
        await run.clock.advance(0)
        assert.deepEqual(run.arrived, ['record 0', 'record 2'])
        assert.deepEqual(
          run.store.quarantined.map(({ record, reason }) => [record.name, reason]),
          [[broken, 'unreadable']],
        )
        assert.equal(run.store.waiting, 0)
      })
    }

    it('fault 20: a bad sector blocks no other, and is put aside when others were read for minutes', async () => {
      const broken = 'record-000000002'
      let tried = 0
      started(numbered(3), {
        wrap: reading((name) => {
          if (name === broken) tried += 1
          return name === broken ? 'EIO' : undefined
        }),
      })
      await run.clock.advance(0)
      assert.deepEqual(run.arrived, ['record 0', 'record 2'])
      // With nothing else to read it may as well be the disk.
      await run.clock.advance(60 * minuteMs)
      assert.equal(run.store.quarantined.length, 0)
      assert.ok(tried > 100 && tried < 300, `${tried} times in an hour`)
      const before = tried
      const startMs = run.clock.now()
      for (let i = 0; run.store.waiting > 0 && i < 100; i++) {
        run.store.add(...numbered(1, `later ${i}`))
        await run.clock.advance(10_000)
      }
      assert.ok(tried - before <= 15, `${tried - before} times`)
      assert.ok(run.clock.now() - startMs > 2 * minuteMs)
      assert.deepEqual(
        run.store.quarantined.map(({ record, reason }) => [record.name, reason]),
        [[broken, 'unreadable']],
      )
      assert.equal(run.arrived.length, 2 + (run.clock.now() - startMs) / 10_000)
    })
  })

  describe('answers of Firehose, row by row', () => {
    it('RecordId: the record is removed, and not before', async () => {
      started(numbered(2), { door: { latencyMs: 1000 } })
      await run.clock.advance(999)
      assert.deepEqual([run.engine.deliveredRecords, run.store.waiting], [2, 2])
      await run.clock.advance(1)
      assert.equal(run.store.waiting, 0)
      assert.equal(run.counters.get('uploaded_records'), 2)
      assert.equal(run.counters.get('uploaded_bytes'), 16)
      assert.equal(run.counters.get('upload_ms'), 1000)
      assert.deepEqual(run.calls, [{ records: 2, bytes: 16, durationMs: 1000 }])
    })

    for (const code of ['ServiceUnavailableException', 'InternalFailure', 'SomethingNew']) {
      it(`entries with ${code}: only those are put again, after a delay, and others do not wait for them`, async () => {
        run = new UploaderRun({ random: () => 0 })
        run.store.add(...numbered(10))
        run.engine.faults.inject({ fault: { kind: 'fail-entries', indexes: [0, 9], code } })
        run.start()
        await run.clock.advance(0)
        assert.deepEqual(run.arrived, texts(10).slice(1, 9))
        run.store.add(...numbered(500, 'other'))
        await run.clock.advance(0)
        assert.equal(run.engine.deliveredRecords, 508)
        await run.clock.advance(249)
        assert.equal(run.puts.length, 2)
        await run.clock.advance(1)
        assert.deepEqual(run.arrived.slice(508), ['record 0', 'record 9'])
        const known = code === 'SomethingNew' ? 'other' : code
        assert.equal(run.counters.get(`batch_record_failed.${known}`), 2)
      })
    }

    it('a record which always fails is tried less and less, and blocks nobody', async () => {
      run = new UploaderRun({ random: () => 1, maxRecords: 2 })
      run.store.add(Buffer.from('ill'))
      for (let i = 0; i < 8; i++) run.engine.faults.inject({ fault: { kind: 'fail-entries', indexes: [0] } })
      run.store.add(...numbered(20))
      run.start()
      await run.untilEmpty()
      assert.equal(run.arrived.length, 21)
      assert.equal(run.uploader.health().failingSinceMs, undefined)
    })

    it('others wait when as many rest as there may be in flight', async () => {
      run = new UploaderRun({ random: () => 1, maxRecords: 2 })
      run.store.add(...numbered(200))
      run.engine.faults.inject({ fault: { kind: 'fail-entries', indexes: [0] }, times: Infinity })
      run.start()
      await run.clock.advance(499)
      assert.equal(run.puts.length, 8)
      run.engine.faults.clear()
      await run.untilEmpty()
      assert.deepEqual([...run.arrived].sort(), texts(200).sort())
    })

    it('a list of answers which is too short: those missing are put again', async () => {
      run = new UploaderRun()
      run.store.add(...numbered(5))
      run.engine.faults.inject({ fault: { kind: 'short-list', missing: 2 } })
      run.start()
      await run.clock.advance(0)
      assert.equal(run.store.waiting, 2)
      await run.untilEmpty()
      assert.deepEqual(run.arrived, [...texts(5), 'record 3', 'record 4'])
      assert.equal(run.counters.get('batch_record_failed.missing'), 2)
    })

    for (const [what, fault, reason] of [
      ['ServiceUnavailableException', { kind: 'throttle' }, 'throttled'],
      ['throttling', { kind: 'error', name: 'ThrottlingException' }, 'throttled'],
      ['5xx', { kind: 'http', status: 503 }, 'unavailable'],
      ['a reset', { kind: 'reset' }, 'unanswered'],
      ['a time-out', { kind: 'hang' }, 'unanswered'],
      ["somebody else's answer", { kind: 'http', status: 200, body: '<html>' }, 'unanswered'],
    ] as const) {
      it(`${what}: the whole call is made again`, async () => {
        run = new UploaderRun({ requestTimeoutMs: 5000 })
        run.store.add(...numbered(3))
        run.engine.faults.inject({ fault, times: 3 })
        run.start()
        await run.clock.advance(0)
        await run.untilEmpty()
        assert.deepEqual(
          run.puts.map(({ records }) => records),
          [3, 3, 3, 3],
        )
        assert.deepEqual(run.arrived, texts(3))
        assert.equal(run.counters.get(`upload_retries.${reason}`), 3)
        assert.deepEqual(run.logger.told('warn', 'error', 'info'), ['warn upload', 'info upload'])
      })
    }

    it('credentials which never come: that is no answer as well, and the end does not wait for them', async () => {
      const client = createFirehoseClient({
        region: 'us-east-1',
        credentials: () => new Promise(() => {}),
        requestHandler: awsRequestHandler(),
      })
      started(numbered(3), { client, requestTimeoutMs: 5000 })
      await run.clock.advance(5000)
      assert.equal(run.uploader.health().lastError, 'FIREHOSE_TIMEOUT')
      assert.equal(run.counters.get('upload_retries.unanswered'), 1)
      assert.equal(run.store.waiting, 3)
    })

    it('tells the same trouble once a minute, and again at once when all was well in between', async () => {
      run = new UploaderRun({ maxRecords: 1 })
      run.start()
      await run.clock.advance(0)
      for (const warnings of [1, 2]) {
        run.engine.faults.inject({ fault: { kind: 'throttle' }, times: 3 })
        run.store.add(Buffer.from('x'))
        await run.untilEmpty(minuteMs / 2)
        assert.equal(run.logger.told('warn').length, warnings)
      }
    })

    it('the delay before each retry lies between half and all of min(30 s, 0.5 s * 2^n)', async () => {
      for (const [random, wanted] of [
        [() => 0, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]],
        [() => 1, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]],
      ] as const) {
        run = new UploaderRun({ random })
        run.store.add(Buffer.from('x'))
        run.engine.faults.inject({ fault: { kind: 'throttle' }, times: 8 })
        run.start()
        await run.clock.advance(0)
        await run.untilEmpty()
        const times = run.puts.map(({ atMs }) => atMs)
        assert.deepEqual(
          times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0)),
          wanted,
        )
        await run.stop()
      }
    })

    it('InvalidArgumentException: the single offender is put aside, the others are delivered once', async () => {
      run = new UploaderRun()
      run.engine.refuses = (data) => data.toString() === 'record 123'
      run.store.add(...numbered(500))
      run.start()
      await run.clock.advance(0)
      assert.equal(run.store.waiting, 0)
      assert.deepEqual(
        [...run.arrived].sort(),
        texts(500)
          .filter((text) => text !== 'record 123')
          .sort(),
      )
      assert.deepEqual(
        run.store.quarantined.map(({ record, reason }) => [record.name, reason]),
        [['record-000000124', 'refused']],
      )
      assert.ok(run.puts.length <= 20, `${run.puts.length} calls`)
    })

    it('InvalidArgumentException: every offender is found, wherever they stand', async () => {
      for (const guilty of [[0], [499], [0, 1], [0, 1, 2, 3, 498, 499], [7, 8, 250, 251, 252]]) {
        run = new UploaderRun()
        const bad = new Set(guilty.map((i) => `record ${i}`))
        run.engine.refuses = (data) => bad.has(data.toString())
        run.store.add(...numbered(500))
        run.start()
        await run.untilEmpty(10 * minuteMs)
        assert.deepEqual(
          run.store.quarantined.map(({ record }) => Number(record.name.slice(-9)) - 1).sort(),
          guilty.sort(),
        )
        assert.equal(run.engine.deliveredRecords, 500 - guilty.length)
        await run.stop()
      }
    })

    it('InvalidArgumentException for whatever is sent: nothing is put aside, it is the stream', async () => {
      run = new UploaderRun({ fakeStream: { type: 'KinesisStreamAsSource' } })
      run.store.add(...numbered(500))
      run.start()
      await run.clock.advance(60 * minuteMs)
      assert.deepEqual(run.store.quarantined, [])
      assert.equal(run.store.waiting, 500)
      assert.ok(run.puts.length < 1200, `${run.puts.length} calls in an hour`)
      assert.equal(run.uploader.health().lastError, 'InvalidArgumentException')
      assert.match(String(run.logger.find('upload')[0]?.fields['error']), /source is Direct PUT/)
      run.engine.createStream('logs')
      await run.untilEmpty(10 * minuteMs)
      assert.deepEqual([...run.arrived].sort(), texts(500).sort())
      assert.deepEqual(run.store.quarantined, [])
    })

    for (const [name, advice] of [
      ['ResourceNotFoundException', /create it/],
      ['InvalidKMSResourceException', /KMS key/],
      ['InvalidSourceException', /CloudWatch decompression/],
      ['AccessDeniedException', /firehose:PutRecordBatch/],
      ['ExpiredTokenException', /expiry/],
    ] as const) {
      it(`${name}: keeps all, tries each minute, is unhealthy, and says so once a minute`, async () => {
        run = new UploaderRun()
        run.store.add(...numbered(3))
        run.engine.faults.inject({ fault: { kind: 'error', name }, times: 5 })
        const startMs = run.clock.now()
        run.start()
        await run.clock.advance(4 * minuteMs)
        assert.deepEqual(
          run.puts.map(({ atMs }) => atMs - startMs),
          [0, 60_000, 120_000, 180_000, 240_000],
        )
        assert.deepEqual(run.uploader.health(), { failingSinceMs: startMs, lastError: name, oldestMs: startMs })
        const lines = run.logger.find('upload')
        assert.equal(lines.length, 5)
        assert.ok(lines.every(({ level, fields }) => level === 'error' && advice.test(String(fields['error']))))
        await run.clock.advance(minuteMs)
        assert.deepEqual(run.arrived, texts(3))
        assert.deepEqual(run.uploader.health(), { oldestMs: undefined })
      })
    }
  })

  describe('an hour of trouble', () => {
    it('loses nothing while Firehose throttles, and holds no more than its requests', async () => {
      started([], { door: { latencyMs: 50 } })
      const endMs = run.clock.now() + 60 * minuteMs
      run.engine.faults.inject({ fault: { kind: 'throttle' }, times: Infinity, untilMs: endMs })
      const sent: string[] = []
      for (let minute = 0; minute < 60; minute++) {
        const batch = numbered(50, `minute ${minute} ${'x'.repeat(2000)}`)
        sent.push(...batch.map(String))
        run.store.add(...batch)
        await run.clock.advance(minuteMs)
      }
      assert.equal(run.engine.deliveredRecords, 0)
      assert.ok(run.puts.length < 180, `${run.puts.length} calls`)
      assert.equal(run.uploader.health().failingSinceMs, endMs - 59 * minuteMs + 50)
      await run.untilEmpty(2 * minuteMs)
      assert.deepEqual([...run.arrived].sort(), sent.sort())
      assert.ok(run.door.peakBytes <= 4 * 4_194_304)
      assert.deepEqual(run.uploader.health(), { oldestMs: undefined })
    })

    it('gets through a quota as fast as that allows, without hammering', async () => {
      const big = Array.from({ length: 30 }, (_, i) => Buffer.alloc(1_000_000, String.fromCharCode(65 + i)))
      started(big, { fakeStream: { bytesPerSecond: 1_000_000 }, door: { latencyMs: 50 } })
      const startMs = run.clock.now()
      await run.untilEmpty(10 * minuteMs)
      assert.equal(run.engine.deliveredRecords, 30)
      const seconds = (run.clock.now() - startMs) / 1000
      assert.ok(seconds < 60, `${seconds} s`)
      const sent = run.calls.reduce((sum, { records }) => sum + records, 0)
      assert.ok(sent < 150, `${sent} records were sent for 30`)
    })

    it('delivers over a line on which a full request takes longer than its time-out', async () => {
      const big = Array.from({ length: 8 }, (_, i) => Buffer.alloc(900_000, String.fromCharCode(65 + i)))
      started(big, { requestTimeoutMs: 20_000, door: { uploadBytesPerSecond: 100_000 } })
      await run.untilEmpty(60 * minuteMs)
      assert.equal(run.engine.deliveredRecords, 8)
    })
  })

  it('works over sockets and on the real clock', async () => {
    run = new UploaderRun()
    const fake = await startFakeFirehose()
    const store = new MemoryRecords(() => systemClock.now())
    const uploader = new Uploader({
      store,
      client: createFirehoseClient({
        region: 'us-east-1',
        endpoint: fake.endpoint,
        credentials: () => Promise.resolve({ accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }),
        requestHandler: awsRequestHandler({ endpoint: fake.endpoint }),
      }),
      stream: 'logs',
      clock: systemClock,
      logger: new RecordingLogger(),
      counters: new Counters(),
      random: () => 0,
    })
    for (const kind of ['reset', 'lost-answer'] as const) fake.faults.inject({ fault: { kind } })
    store.add(...numbered(20))
    const stop = new AbortController()
    const running = uploader.run(stop.signal)
    const left = await uploader.drain(AbortSignal.timeout(10_000))
    stop.abort()
    await running
    await fake.close()
    assert.deepEqual(left, { records: 0, bytes: 0 })
    assert.deepEqual([...new Set(fake.records('logs').map(({ data }) => data.toString()))].sort(), texts(20).sort())
  })

  describe('what is put twice', () => {
    it('is the same bytes, when an answer is lost', async () => {
      run = new UploaderRun({ maxRecords: 50 })
      run.store.add(...numbered(200))
      run.engine.faults.inject({ fault: { kind: 'lost-answer' }, times: 3 })
      run.start()
      await run.untilEmpty()
      assert.deepEqual([...new Set(run.arrived)].sort(), texts(200).sort())
      assert.ok(run.arrived.length > 200 && run.arrived.length <= 350)
    })
  })

  describe('the store', () => {
    it('which cannot remove: so many are delivered as there are requests, and removed when it can', async () => {
      let isBroken = true
      run = new UploaderRun({
        maxRecords: 10,
        wrap: (records) => {
          const remove = records.remove.bind(records)
          return Object.assign(records, {
            remove: (record: Parameters<typeof remove>[0]) =>
              isBroken ? Promise.reject(new KinloaderError('EROFS', 'read-only')) : remove(record),
          })
        },
      })
      run.store.add(...numbered(200))
      run.start()
      await run.clock.advance(10 * minuteMs)
      assert.equal(run.engine.deliveredRecords, 40)
      isBroken = false
      await run.untilEmpty()
      assert.equal(run.engine.deliveredRecords, 200)
      assert.match(String(run.logger.find('spool')[0]?.fields['error']), /cannot remove .*disk and permissions/)
    })

    it('which cannot read for a moment: the record is not put aside', async () => {
      let left = 3
      started(numbered(2), {
        wrap: (records) => {
          const read = records.read.bind(records)
          return Object.assign(records, {
            read: (record: Parameters<typeof read>[0]) =>
              left-- > 0 ? Promise.reject(new KinloaderError('EMFILE', 'too many')) : read(record),
          })
        },
      })
      await run.untilEmpty()
      assert.deepEqual([...run.arrived].sort(), texts(2))
      assert.deepEqual(run.store.quarantined, [])
    })

    for (const code of ['EIO', 'EACCES', 'ESTALE', 'ETIMEDOUT', 'ENXIO']) {
      it(`which can read nothing (${code}) for an hour: puts nothing aside, reads seldom, and all is delivered after it`, async () => {
        let isIll = true
        let reads = 0
        started(numbered(300), {
          maxRecords: 10,
          wrap: reading(() => {
            reads += 1
            return isIll ? code : undefined
          }),
        })
        await run.clock.advance(0)
        // No more than four requests hold.
        assert.equal(reads, 40)
        await run.clock.advance(60 * minuteMs)
        assert.ok(reads < 40 * 300, `${reads} reads`)
        assert.deepEqual([run.puts.length, run.store.waiting, run.store.quarantined], [0, 300, []])
        const told = run.logger.find('spool')
        assert.ok(told.length > 50 && told.length <= 61, `${told.length} lines`)
        assert.match(String(told[0]?.fields['error']), /cannot read the record; see to the spool's disk/)
        isIll = false
        await run.untilEmpty(minuteMs)
        assert.deepEqual([...run.arrived].sort(), texts(300).sort())
        assert.deepEqual(run.store.quarantined, [])
      })
    }

    it('which cannot put aside: others go on', async () => {
      let tried = 0
      started([Buffer.alloc(0), ...numbered(2)], {
        wrap: (records) =>
          Object.assign(records, {
            quarantine: () => {
              tried += 1
              return Promise.reject(new KinloaderError('ENOSPC', 'full'))
            },
          }),
      })
      await run.clock.advance(10 * minuteMs)
      assert.deepEqual(run.arrived, texts(2))
      run.store.add(...numbered(1, 'later'))
      await run.clock.advance(minuteMs)
      assert.equal(run.arrived.length, 3)
      assert.equal(run.store.waiting, 1)
      assert.ok(tried > 10 && tried < 60, `${tried} times`)
    })

    it('with records no stream takes: they are put aside without a call', async () => {
      started([Buffer.alloc(0), Buffer.alloc(1_024_001), Buffer.from('good')])
      await run.clock.advance(0)
      assert.deepEqual(run.arrived, ['good'])
      assert.deepEqual(
        run.store.quarantined.map(({ reason }) => reason),
        ['empty', 'too_large'],
      )
      assert.equal(run.puts.length, 1)
    })
  })

  describe('the end', () => {
    it('drains what waits, full request or not', async () => {
      started([], { door: { latencyMs: 100 } })
      await run.clock.advance(1000)
      run.store.add(...numbered(7))
      const startMs = run.clock.now()
      const left = await run.clock.runUntil(run.uploader.drain(new AbortController().signal))
      assert.deepEqual(left, { records: 0, bytes: 0 })
      assert.equal(run.clock.now() - startMs, 100)
      assert.deepEqual(run.arrived, texts(7))
    })

    it('drains after it was stopped, too', async () => {
      started()
      await run.clock.advance(1000)
      run.store.add(...numbered(7))
      await run.stop()
      const left = await run.clock.runUntil(run.uploader.drain(new AbortController().signal))
      assert.deepEqual(left, { records: 0, bytes: 0 })
    })

    it('drains for as long as the deadline allows, and says what is left', async () => {
      started([], { maxRecords: 10, maxInFlight: 1, door: { latencyMs: 1000 } })
      await run.clock.advance(1000)
      run.store.add(...numbered(9), Buffer.from('x'), ...numbered(40))
      const deadline = new AbortController()
      void run.clock.sleep(2500).then(() => {
        deadline.abort()
      })
      const left = await run.clock.runUntil(run.uploader.drain(deadline.signal))
      assert.equal(left.records, 30)
      assert.equal(left.bytes, 30 * 9)
    })

    it('waits out throttling while it drains', async () => {
      run = new UploaderRun()
      run.store.add(...numbered(7))
      run.engine.faults.inject({ fault: { kind: 'throttle' }, times: 4 })
      run.engine.faults.inject({ fault: { kind: 'fail-entries', indexes: [3] } })
      run.start()
      await run.clock.advance(1)
      const left = await run.clock.runUntil(run.uploader.drain(new AbortController().signal), { maxMs: 30_000 })
      assert.deepEqual(left, { records: 0, bytes: 0 })
    })

    it('tries once more and gives up where only a human could help', async () => {
      run = new UploaderRun()
      run.store.add(...numbered(7))
      run.engine.faults.inject({ fault: { kind: 'error', name: 'AccessDeniedException' }, times: Infinity })
      run.start()
      await run.clock.advance(10_000)
      const startMs = run.clock.now()
      const left = await run.clock.runUntil(run.uploader.drain(new AbortController().signal))
      assert.equal(left.records, 7)
      assert.equal(run.clock.now(), startMs)
      assert.equal(run.puts.length, 2)
    })

    it('does not wait for a record which nobody knows to be guilty', async () => {
      started()
      run.engine.refuses = () => true
      await run.clock.advance(1000)
      run.store.add(Buffer.from('bad'))
      const left = await run.clock.runUntil(run.uploader.drain(new AbortController().signal), { maxMs: 1000 })
      assert.equal(left.records, 1)
    })

    it('drains no longer than it runs', async () => {
      run = new UploaderRun()
      run.store.add(...numbered(7))
      run.engine.faults.inject({ fault: { kind: 'throttle' }, times: Infinity })
      run.start()
      const drained = run.uploader.drain(new AbortController().signal)
      await run.clock.advance(1000)
      await run.stop()
      assert.equal((await drained).records, 7)
    })

    it('breaks off what is under way when it is aborted, and keeps it', async () => {
      started(numbered(7), { door: { latencyMs: 1000 } })
      await run.clock.advance(200)
      await run.stop()
      assert.equal(run.store.waiting, 7)
      assert.equal(run.store.takeable().records, 7)
      assert.deepEqual(run.logger.lines, [])
    })
  })
})

import assert from 'node:assert/strict'
import { KinloaderError } from '../../../src/core/errors.ts'
import { numbered, UploaderRun, type UploaderRunOptions } from '../../support/uploader-run.ts'

const minuteMs = 60_000

function texts(count: number, prefix?: string): string[] {
  return numbered(count, prefix).map(String)
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

    it('uploads on its timer all that waits then, however many requests that takes', async () => {
      started([], { maxRecords: 500, maxEncodedBytes: 4096 })
      await run.clock.advance(1000)
      for (let i = 0; i < 9; i++) run.store.add(Buffer.alloc(300, 'x'))
      await run.clock.advance(59_000)
      assert.equal(run.engine.deliveredRecords, 9)
    })

    it('has at most four requests in flight, and no more of their bytes', async () => {
      const big = Array.from({ length: 60 }, (_, i) => Buffer.alloc(1_000_000, String.fromCharCode(65 + i)))
      started(big, { door: { latencyMs: 1000 } })
      await run.untilEmpty()
      assert.equal(run.engine.deliveredRecords, 60)
      assert.equal(run.door.peakRequests, 4)
      assert.ok(run.door.peakBytes <= 4 * 4_194_304)
    })
  })

  describe('faults of the original', () => {
    it('17: with no new traffic, leftovers and failed records are still uploaded', async () => {
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
        it(`18: "Slow down." to ${how} for 60 s: at most 12 calls, afterwards all delivered (${latencyMs} ms away)`, async () => {
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

    it('19: of 500 entries 50 fail: exactly those 50 are put again', async () => {
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

    it('20: an unreadable file blocks no other', async () => {
      const broken = 'record-000000002'
      started(numbered(3), {
        wrap: (records) =>
          Object.assign(records, {
            read: async ({ name }: { readonly name: string }) => {
              if (name === broken) throw new KinloaderError('EIO', 'no')
              return Buffer.from(name)
            },
          }),
      })
      await run.clock.advance(0)
      assert.deepEqual(run.arrived, ['record-000000001', 'record-000000003'])
      assert.deepEqual(
        run.store.quarantined.map(({ record, reason }) => [record.name, reason]),
        [[broken, 'unreadable']],
      )
      assert.equal(run.counters.get('quarantined.unreadable'), 1)
      assert.equal(run.store.waiting, 0)
    })
  })
})

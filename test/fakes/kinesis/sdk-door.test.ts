import assert from 'node:assert/strict'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { KinesisEngine } from './engine.ts'
import { SdkDoor, type SdkDoorOptions } from './sdk-door.ts'

describe('fake Kinesis, SDK door alone', () => {
  let clock: VirtualClock
  let engine: KinesisEngine

  beforeEach(() => {
    clock = new VirtualClock({ monotonicStartMs: 0 })
    engine = new KinesisEngine({ clock })
    engine.createStream('logs')
  })

  function connect(options: Omit<SdkDoorOptions, 'clock'> = {}): { door: SdkDoor; client: Kinesis } {
    const door = new SdkDoor(engine, { clock, ...options })
    const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }
    return { door, client: new Kinesis({ region: 'us-east-1', credentials, requestHandler: door, maxAttempts: 1 }) }
  }

  const record = { StreamName: 'logs', Data: Buffer.from('x'), PartitionKey: 'k' }

  it('takes no time without latency', async () => {
    const { client } = connect()
    await clock.runUntil(client.putRecord(record))
    assert.equal(clock.monotonic(), 0)
    assert.equal(clock.sleepers, 0)
  })

  it('reaches the engine after half the latency and comes back after the other half', async () => {
    const { client } = connect({ latencyMs: () => 40 })
    const put = client.putRecord(record)
    await clock.runUntil(put)
    assert.equal(clock.monotonic(), 40)
    assert.equal(engine.stream('logs').shards[0]?.records[0]?.storedMs, clock.now() - 20)
  })

  it('always goes the same way', async () => {
    const run = async (): Promise<string> => {
      clock = new VirtualClock({ monotonicStartMs: 0 })
      engine = new KinesisEngine({ clock })
      engine.createStream('logs')
      const trace: string[] = []
      const worker = async (name: string, periodMs: number): Promise<void> => {
        const { client } = connect({ latencyMs: periodMs / 7 })
        for (let count = 0; count < 20; count++) {
          const { SequenceNumber = '' } = await client.putRecord({ ...record, Data: Buffer.from(name) })
          trace.push(`${name}${clock.monotonic()} ${SequenceNumber}`)
          await clock.sleep(periodMs)
        }
      }
      await clock.runUntil(Promise.all([worker('a', 20), worker('b', 20), worker('c', 30)]))
      return trace.join('\n')
    }
    assert.equal(await run(), await run())
  })

  it('times out on the test’s clock', async () => {
    engine.faults.inject({ operation: 'PutRecord', fault: { kind: 'hang' } })
    const { client } = connect({ requestTimeoutMs: 5000 })
    await assert.rejects(clock.runUntil(client.putRecord(record)), { name: 'TimeoutError', code: 'ETIMEDOUT' })
    assert.equal(clock.monotonic(), 5000)
    assert.equal(clock.sleepers, 0)
  })

  it('waits for ever where told to, which the clock calls a deadlock', async () => {
    engine.faults.inject({ operation: 'PutRecord', fault: { kind: 'hang' } })
    const { client, door } = connect({ requestTimeoutMs: Infinity })
    const put = client.putRecord(record)
    const refusal = assert.rejects(put, { code: 'ECONNRESET' })
    await assert.rejects(clock.runUntil(put), /deadlock/)
    assert.equal(door.running, 1)
    door.cutOff()
    await refusal
    assert.equal(door.running, 0)
  })

  it('hears its caller give up, before the call and during it', async () => {
    const { client } = connect({ latencyMs: 100 })
    await assert.rejects(client.putRecord(record, { abortSignal: AbortSignal.abort() }), { name: 'AbortError' })
    const abort = new AbortController()
    const put = client.putRecord(record, { abortSignal: abort.signal })
    const refusal = assert.rejects(put, { name: 'AbortError' })
    await clock.advance(49)
    abort.abort()
    await refusal
    await clock.advance(1000)
    assert.equal(engine.calls.count('PutRecord'), 0)
    assert.equal(clock.sleepers, 0)
  })

  it('is cut off by a crash: before the engine acted, or only the answer', async () => {
    for (const [afterMs, stored] of [
      [49, 0],
      [51, 1],
    ] as const) {
      const { client, door } = connect({ latencyMs: 100 })
      const put = client.putRecord(record)
      const refusal = assert.rejects(put, { code: 'ECONNRESET' })
      await clock.advance(afterMs)
      door.cutOff()
      await refusal
      await assert.rejects(client.putRecord(record), { code: 'ECONNREFUSED' })
      await clock.advance(1000)
      assert.equal(engine.stream('logs').shards[0]?.records.length, stored)
    }
    const other = connect()
    await clock.runUntil(other.client.putRecord(record))
  })
})

import assert from 'node:assert/strict'
import { KinesisEngine } from '../fakes/kinesis/engine.ts'
import { SdkDoor } from '../fakes/kinesis/sdk-door.ts'
import { openKinesisReader, type KinesisReader, type KinesisReaderOptions } from '../../src/wiring/kinesis-reader.ts'
import { MemoryCheckpointStore } from '../../src/checkpoints/memory.ts'
import { RecordingLogger } from '../support/recording-logger.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { fakeClient } from '../support/fake-client.ts'

const live = new AbortController().signal

describe('a reader of a stream, opened as the library does', () => {
  let clock: VirtualClock
  let engine: KinesisEngine
  let logger: RecordingLogger

  beforeEach(() => {
    clock = new VirtualClock()
    engine = new KinesisEngine({ clock })
    engine.createStream('logs')
    logger = new RecordingLogger()
  })

  function open(options: Partial<KinesisReaderOptions> = {}): Promise<KinesisReader> {
    const client = fakeClient(engine, new SdkDoor(engine, { clock }))
    const opened = openKinesisReader({ stream: 'logs', client, clock, logger, ...options })
    // The SDK's first call waits for files, of which the clock knows nothing: somebody must sleep meanwhile.
    const over = new AbortController()
    void ticking(over.signal)
    return clock.runUntil(opened).finally(() => {
      over.abort()
    })
  }

  async function ticking(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await clock.sleep(10, signal)
  }

  async function texts(reader: KinesisReader): Promise<string[]> {
    const found: string[] = []
    const reading = (async () => {
      for await (const { items, release, ack } of reader.read(live)) {
        for (const { data } of items) found.push(Buffer.from(data).toString())
        release()
        ack()
      }
      await reader.close(live)
    })()
    await clock.runUntil(reading)
    return found
  }

  it('reads what is there, remembers it, and goes on there', async () => {
    const remembered = new Map<string, string>()
    for (const data of ['a', 'b']) {
      engine.put('logs', { data })
      const checkpoints = new MemoryCheckpointStore(remembered)
      const reader = await open({ checkpoints, initialPosition: { kind: 'trim_horizon' }, untilNow: true })
      assert.deepEqual(await texts(reader), [data])
    }
  })

  it('begins at the tip, with checkpoints of its own, when nothing is said', async () => {
    engine.put('logs', { data: 'before' })
    await clock.advance(2000)
    assert.deepEqual(await texts(await open({ untilNow: true })), [])
  })

  it('is not opened on a stream which does not exist or is none', async () => {
    await assert.rejects(open({ stream: 'lags' }), { code: 'STREAM_REFUSED', message: /^Stream lags does not exist / })
    await assert.rejects(open({ stream: 'a/b' }), {
      code: 'BAD_SETTING',
      message: /^stream must be the name or the ARN /,
    })
  })

  it('waits for an endpoint which is away, and says so, but not for ever', async () => {
    engine.faults.inject({ operation: '*', fault: { kind: 'reset' }, times: 4 })
    await open()
    assert.deepEqual(logger.told('warn'), ['warn kinesis'])
    engine.faults.inject({ operation: '*', fault: { kind: 'reset' }, times: Infinity })
    const sinceMs = clock.monotonic()
    await assert.rejects(open({ giveUpMs: 10_000 }), { code: 'STREAM_UNREACHABLE' })
    assert.ok(clock.monotonic() - sinceMs >= 10_000)
  })

  it('ends its opening with the signal', async () => {
    await assert.rejects(open({ signal: AbortSignal.abort() }), { code: 'ABORTED' })
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../../src/core/clock.ts'
import { silentLogger } from '../../../../src/core/logger.ts'
import { systemClock } from '../../../../src/host/system-clock.ts'
import { EventSending } from '../../../../src/wiring/commands/log2kinesis/event-sending.ts'
import { openLogSender } from '../../../../src/wiring/log-sender.ts'
import { KinesisEngine } from '../../../fakes/kinesis/engine.ts'
import { SdkDoor } from '../../../fakes/kinesis/sdk-door.ts'
import { VirtualClock } from '../../../support/virtual-clock.ts'
import { fakeClient } from '../../../support/fake-client.ts'

describe('sending events through a log sender', () => {
  const engines: KinesisEngine[] = []

  // A sender that is left alone would try for ever.
  afterEach(() => {
    for (const engine of engines.splice(0)) engine.faults.clear()
  })

  async function sending(
    engine: KinesisEngine,
    signal = new AbortController().signal,
    clock: Clock = systemClock,
  ): Promise<EventSending> {
    engines.push(engine)
    engine.createStream('logs')
    const sender = await openLogSender({
      stream: 'logs',
      client: fakeClient(engine, new SdkDoor(engine, { clock })),
      probe: false,
      flushIntervalMs: 10,
      maxPendingBytes: 100,
      logger: silentLogger,
      clock,
    })
    return new EventSending({ sender, metadata: { source: 's', host: 'h' }, clock, signal, stopTimeoutMs: 50 })
  }

  it('waits for minutes of throttling at the end', async () => {
    const clock = new VirtualClock()
    const engine = new KinesisEngine({ clock })
    engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
    const outlet = await sending(engine, undefined, clock)
    await outlet.write(Buffer.from('patient'))
    const end = outlet.end()
    void clock.sleep(120_000).then(() => {
      engine.faults.clear()
    })
    await clock.runUntil(end)
    assert.equal(engine.stream('logs').shards[0]?.records.length, 1)
  })

  it('is over some time after the signal, and tells what has not arrived', async () => {
    const engine = new KinesisEngine({ clock: systemClock })
    engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
    const stop = new AbortController()
    const outlet = await sending(engine, stop.signal)
    await outlet.write(randomBytes(80))
    assert.equal(outlet.waitingEvents(), 1)
    const blocked = outlet.write(randomBytes(80))
    stop.abort()
    // It would wait for ever: there is no room.
    await blocked
    await assert.rejects(outlet.end(), {
      code: 'UNDELIVERED',
      message: 'There was no time left after the signal; 2 events were not delivered.',
    })
  })

  describe('whose spool cannot be read back', () => {
    let folder: string

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'event-sending-'))
    })

    afterEach(() => {
      rmSync(folder, { recursive: true, force: true })
    })

    /** So many events that some batches are in the spool only; `harm` is done to one of those. */
    async function harmed(harm: (path: string) => void): Promise<EventSending> {
      const engine = new KinesisEngine({ clock: systemClock, limits: 'none' })
      engines.push(engine)
      engine.createStream('logs')
      engine.faults.inject({ operation: 'PutRecords', times: Infinity, fault: { kind: 'throttle' } })
      const sender = await openLogSender({
        stream: 'logs',
        client: fakeClient(engine, new SdkDoor(engine, { clock: systemClock, latencyMs: 1 })),
        probe: false,
        flushIntervalMs: 10,
        maxPendingBytes: 20_000,
        spoolFolder: folder,
        logger: silentLogger,
      })
      const signal = new AbortController().signal
      const metadata = { source: 's', host: 'h' }
      const outlet = new EventSending({ sender, metadata, clock: systemClock, signal, isSpooled: true })
      for (let i = 0; i < 3000; i++) await outlet.write(Buffer.from(`event ${i}`))
      const batches = readdirSync(folder).filter((name) => name.endsWith('.spool'))
      harm(join(folder, batches.sort().at(-3) ?? ''))
      engine.faults.clear()
      return outlet
    }

    it('ends and says how many events are gone with a file', async () => {
      const outlet = await harmed(rmSync)
      await assert.rejects(outlet.end(), ({ message }: Error) => {
        assert.match(
          message,
          /^Not all of the spool could be read back; look at its disk; \d+ events were not delivered\.$/,
        )
        return true
      })
    })

    it('ends and says how many events damage took', async () => {
      const outlet = await harmed((path) => {
        truncateSync(path, statSync(path).size - 3)
        appendFileSync(path, 'xyz')
      })
      await assert.rejects(outlet.end(), {
        message: /could be read back; look at its disk; 1 event was not delivered\.$/,
      })
    })
  })

  it('passes over an event which fits into no record, and tells it', async () => {
    const engine = new KinesisEngine({ clock: systemClock, limits: 'none' })
    const outlet = await sending(engine)
    await outlet.write(Buffer.from('small'))
    await outlet.write(randomBytes(1_100_000))
    await outlet.write(Buffer.from('small'))
    await assert.rejects(outlet.end(), {
      code: 'UNDELIVERED',
      message: '1 event did not fit into a record of Kinesis and could not be sent.',
    })
    assert.equal(outlet.waitingEvents(), 0)
    assert(engine.stream('logs').shards[0]?.records.length)
  })
})

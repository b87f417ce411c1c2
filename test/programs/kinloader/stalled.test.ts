import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningInput } from '../../fakes/splunkd/input-process.ts'
import { NumberedEvents } from '../../support/input-numbers.ts'
import { InputWorld } from '../../support/input-world.ts'

const iteratorLifetimeMs = 2000
const shards = 3
/** More than two answers hold, so that a shard has to wait with more to read. */
const recordsPerShard = 400
const eventsPerRecord = 160
const MiB = 1024 * 1024

describe('the input while splunkd does not read', () => {
  it('holds little, loses nothing, repeats nothing, and tells', async function () {
    this.timeout(40_000)
    const world = await InputWorld.start({ shards, engine: { iteratorLifetimeMs } })
    try {
      // Half of each event is random: 50 bytes in a record become about 250 in the pipe.
      const digits = randomBytes(64 * 1024).toString('hex')
      const events = new NumberedEvents(world.engine, (number) => {
        const at = (number * 97) % (digits.length - 60)
        return digits.slice(at, at + 60).padEnd(120, '.')
      })
      for (const shardId of world.engine.openShards('logs')) {
        for (let i = 0; i < recordsPerShard; i += 1) events.putRecord(shardId, eventsPerRecord)
      }
      events.beginRun()
      const input = world.run({ onEvent: events.take, paused: true })
      await input.logged(/at=shard .*state="held back by Splunk"/)
      const [calls, rss] = [world.engine.calls.count('GetRecords'), residentBytes(input)]

      await sleep(3 * iteratorLifetimeMs)
      assert.equal(world.engine.calls.count('GetRecords'), calls, 'GetRecords goes on')
      assert.ok(residentBytes(input) < rss + 16 * MiB, `grew from ${rss} to ${residentBytes(input)} bytes`)
      assert.ok(residentBytes(input) < 200 * MiB, `${residentBytes(input)} bytes`)
      for (const shardId of world.engine.openShards('logs')) {
        const lines = input.stderr.filter((line) => line.startsWith('INFO at=shard') && line.includes(shardId))
        const held = lines.filter((line) => line.includes('state="held back by Splunk"'))
        assert.ok(held.length >= 5, lines.join('\n'))
        const lags = held.map((line) => Number(/lag_ms=(\d+)/.exec(line)?.[1]))
        assert.ok(
          lags.every((lag, i) => i === 0 || lag - (lags[i - 1] ?? 0) > 500),
          `the lag of ${shardId}: ${lags.join()}`,
        )
      }
      assert.equal(world.engine.calls.errors('ExpiredIteratorException'), 0)

      input.resume()
      await input.received(events.put, 20_000)
      await input.terminate()
      await input.drained
      assert.ok(world.engine.calls.errors('ExpiredIteratorException') >= shards, 'no iterator expired')
      assert.deepEqual(events.faults, [])
      assert.deepEqual([events.seen, input.eventCount], [events.put, events.put])
    } finally {
      await world.close()
    }
  })
})

function residentBytes(input: RunningInput): number {
  const status = readFileSync(`/proc/${input.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

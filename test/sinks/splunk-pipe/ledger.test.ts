import assert from 'node:assert/strict'
import fc from 'fast-check'
import { SettlingLedger } from '../../../src/sinks/splunk-pipe/ledger.ts'
import { hasSettled } from '../../contracts/sink.ts'

describe('splunk-pipe ledger', () => {
  it('settles when both the hold-back and a pipe of later bytes have passed', async () => {
    const ledger = new SettlingLedger(2000, 100)
    const safe = ledger.safeAt(50, 0)
    ledger.accepted(50, 0)
    ledger.settle(10_000)
    assert.equal(await hasSettled(safe), false)
    ledger.accepted(149, 10_000)
    assert.equal(await hasSettled(safe), false)
    ledger.accepted(150, 10_000)
    await safe

    const young = ledger.safeAt(160, 10_000)
    ledger.accepted(260, 10_000)
    ledger.settle(11_999)
    assert.equal(await hasSettled(young), false)
    ledger.settle(12_000)
    await young
    assert.equal(ledger.size, 0)
  })

  it('counts the hold-back from the acceptance of the last byte', () => {
    const ledger = new SettlingLedger(2000, 0)
    void ledger.safeAt(50, 0)
    assert.equal(ledger.msToOld(5000), undefined)
    ledger.accepted(49, 5000)
    assert.equal(ledger.msToOld(5000), undefined)
    ledger.accepted(50, 6000)
    assert.equal(ledger.msToOld(6500), 1500)
    assert.equal(ledger.msToOld(9000), 0)
  })

  it('has nothing to wait for where nothing was written since', async () => {
    const ledger = new SettlingLedger(2000, 100)
    await ledger.safeAt(0, 0)
    const safe = ledger.safeAt(10, 0)
    ledger.accepted(200, 0)
    for (let now = 0; now < 3000; now += 10) void ledger.safeAt(10, now)
    assert.equal(ledger.size, 1)
    ledger.settle(3000)
    await safe
    await ledger.safeAt(10, 5000)
  })

  it('stays short at any rate of positions', () => {
    const ledger = new SettlingLedger(2000, 100)
    for (let position = 1; position <= 100_000; position++) {
      const now = position / 20
      void ledger.safeAt(position, now)
      ledger.accepted(position, now)
    }
    assert.ok(ledger.size <= 22, `${ledger.size} groups`)
  })

  it('never settles a position early, and settles all in the end', async () => {
    const step = fc.record({ bytes: fc.nat({ max: 60 }), waitMs: fc.nat({ max: 900 }), lag: fc.nat({ max: 80 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const ledger = new SettlingLedger(1000, 100)
        const acceptances: [position: number, now: number][] = []
        const open = new Set<number>()
        let [now, written, accepted] = [0, 0, 0]
        const accept = (position: number): void => {
          if (position <= accepted) return
          accepted = position
          acceptances.push([position, now])
          ledger.accepted(position, now)
        }
        const check = (position: number): void => {
          const at = acceptances.find(([reached]) => reached >= position)
          assert.ok(at !== undefined && now - at[1] >= 1000, 'held back')
          assert.ok(accepted >= position + 100, 'followed by a pipe of bytes')
          open.delete(position)
        }
        for (const { bytes, waitMs, lag } of steps) {
          written += bytes
          const position = written
          if (position > 0 && !open.has(position)) {
            open.add(position)
            void ledger.safeAt(position, now).then(() => {
              check(position)
            })
          }
          accept(written - lag)
          await Promise.resolve().then(() => undefined)
          now += waitMs
          ledger.settle(now)
          await Promise.resolve().then(() => undefined)
        }
        accept(written + 100)
        await Promise.resolve().then(() => undefined)
        now += 1000
        ledger.settle(now)
        await Promise.resolve().then(() => undefined)
        assert.equal(open.size, 0)
        assert.equal(ledger.size, 0)
      }),
    )
  })

  it('rejects what it cannot keep, without anybody listening', async () => {
    const ledger = new SettlingLedger(2000, 100)
    const safe = ledger.safeAt(10, 0)
    ledger.reject(new Error('gone'))
    await new Promise((resolve) => setImmediate(resolve))
    await assert.rejects(safe, /gone/)
    assert.equal(ledger.size, 0)
  })
})

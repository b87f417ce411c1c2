import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { setTimeout as realSleep } from 'node:timers/promises'
import { isAborted } from '../../../src/core/aborting.ts'
import { SocketWorld } from '../../support/socket-world.ts'

/** `make verify` asks for 10,000. */
const count = Number(process.env['KINLOADER_CONNECTIONS'] ?? 2000)

describe('sockets: many connections', function () {
  this.timeout(60_000)

  it(`keeps ${count} idle ones, each with a begun line, in bounded memory, and one more at work`, async () => {
    const world = await SocketWorld.open({ listeners: [{ transport: 'tcp' }], limits: { maxConnections: count + 1 } })
    const before = process.memoryUsage()
    const senders = fork('test/support/idle-senders.ts', [String(world.port()), String(count)])
    await world.until(() => world.source.pendingBytes === count * 6, 'a line of each', 40_000)
    const after = process.memoryUsage()
    const each = (after.heapUsed + after.external - before.heapUsed - before.external) / count
    assert.ok(each < 20_000, `${each} bytes each`)
    const busy = await world.connect()
    assert.equal(await busy.finish('a\n'.repeat(10_000)), 'orderly')
    assert.equal(world.texts.length, 10_000)
    senders.send('end')
    await world.until(() => world.texts.length === 10_000 + count)
    await world.until(() => world.source.openConnections === 0)
    world.checkCounts()
    await world.end()
  })

  it('does not let senders of single bytes keep others waiting', async () => {
    const world = await SocketWorld.open({ listeners: [{ transport: 'tcp' }] })
    const slow = await Promise.all(Array.from({ length: 200 }, () => world.connect({ noDelay: true })))
    const over = new AbortController()
    const dripping = (async () => {
      let bytes = 0
      for (; !isAborted(over.signal); bytes++) {
        for (const client of slow) client.send('x')
        await realSleep(1)
      }
      return bytes
    })()
    const busy = await world.connect()
    const startMs = performance.now()
    assert.equal(await busy.finish('a\n'.repeat(100_000)), 'orderly')
    assert.ok(performance.now() - startMs < 5000)
    over.abort()
    const bytes = await dripping
    await world.until(() => world.source.pendingBytes === slow.length * bytes)
    assert.equal(world.texts.length, 100_000)
    for (const client of slow) client.socket.end()
    await world.until(() => world.texts.length === 100_200)
    world.checkCounts()
    await world.end()
  })
})

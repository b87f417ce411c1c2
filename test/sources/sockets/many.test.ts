import assert from 'node:assert/strict'
import { setTimeout as realSleep } from 'node:timers/promises'
import { isAborted } from '../../../src/core/aborting.ts'
import { type Client, SocketWorld } from '../../support/socket-world.ts'

/** `make verify` asks for 10,000. */
const count = Number(process.env['KINLOADER_CONNECTIONS'] ?? 2000)

describe('sockets: many connections', function () {
  this.timeout(60_000)

  it(`keeps ${count} idle ones, each with a begun line, in bounded memory, and one more at work`, async () => {
    const world = await SocketWorld.open({ listeners: [{ transport: 'tcp' }], limits: { maxConnections: count + 1 } })
    const before = process.memoryUsage()
    const clients: Client[] = []
    for (let i = 0; i < count; i += 100) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => world.connect()))))
    }
    for (const client of clients) client.send('begun ')
    await world.until(() => world.source.pendingBytes === count * 6)
    const after = process.memoryUsage()
    // Both ends live in this process.
    const each = (after.heapUsed + after.external - before.heapUsed - before.external) / count
    assert.ok(each < 30_000, `${each} bytes each`)
    const busy = await world.connect()
    assert.equal(await busy.finish('a\n'.repeat(10_000)), 'orderly')
    assert.equal(world.texts.length, 10_000)
    for (const client of clients) client.socket.end('done\n')
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

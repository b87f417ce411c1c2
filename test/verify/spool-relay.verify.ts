import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { RelayWorld } from '../support/relay-world.ts'

const run = promisify(execFile)

/** The relay leaves 64 MiB of a disk alone; only root may mount one. */
describe('kinesyslog on a disk of 80 MiB', function () {
  this.timeout(60_000)
  let world: RelayWorld

  beforeEach(async () => {
    world = await RelayWorld.start()
    await run('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', world.folder])
  })

  afterEach(async () => {
    await run('umount', ['-l', world.folder])
    await world.close()
  })

  it('fault 21: full, then freed: no crash, nothing accepted is lost, TCP goes on', async () => {
    const running = await world.listening(['--tcp-port=514', '--udp-port=514', '--prometheus-port=9100'], 2)
    assert.equal(await world.send(514, '<13>before\n'), 'orderly')
    const filler = join(world.folder, 'filler')
    writeFileSync(filler, Buffer.alloc(40 * 1024 * 1024))
    const sent = Array.from({ length: 5000 }, (_, i) => `<13>held back ${i} ${'x'.repeat(200)}`)
    const end = world.send(514, sent.map((text) => `${text}\n`).join(''))
    while ((await world.page(9100, '/healthz')).status !== 503) await sleep(50)
    assert.equal((await world.page(9100, '/readyz')).status, 503)
    assert.equal(await Promise.race([end, sleep(500, 'held back')]), 'held back')
    rmSync(filler)
    assert.equal(await end, 'orderly')
    assert.equal((await world.page(9100, '/healthz')).status, 200)
    const { code, stderr } = await world.stop(running)
    assert.equal(code, 0, stderr)
    assert.deepEqual([...world.messages()].sort(), ['<13>before', ...sent].sort())
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { endOf, RelayWorld } from '../../support/relay-world.ts'

describe('kinesyslog listen, told to stop', () => {
  let world: RelayWorld

  beforeEach(async () => {
    world = await RelayWorld.start()
  })

  afterEach(async () => {
    await world.close()
  })

  it('ends in order although the spool is full and a sender waits', async function () {
    this.timeout(30_000)
    const refusal = { kind: 'error', name: 'AccessDeniedException' } as const
    world.firehose.faults.inject({ fault: refusal, times: Infinity })
    const running = await world.listening([
      '--tcp-port=514',
      '--prometheus-port=9100',
      `--spool-max-bytes=${16 * 1024 ** 2}`,
    ])
    const socket = await world.connect(514)
    const end = endOf(socket)
    for (let i = 0; i < 600; i++) socket.write(`<13>${randomBytes(30_000).toString('base64')}\n`)
    // Nothing is left which would make room.
    for (let text = ''; !/_full 1\n[^]*segments_waiting 0\n/.test(text); )
      ({ text } = await world.page(9100, '/metrics'))
    const { code, stderr } = await world.stop(running)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /at=stopped/)
    assert.equal(await end, 'reset')
  })
})

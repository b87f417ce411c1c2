import assert from 'node:assert/strict'
import { listenFailure } from '../../../src/sources/sockets/listener.ts'
import { SocketWorld } from '../../support/socket-world.ts'

describe('sockets: opening', () => {
  it('tells all that could not be bound together, and leaves the others bound', async () => {
    const taken = await SocketWorld.open({ listeners: [{ transport: 'tcp' }, { transport: 'udp' }] })
    const world = new SocketWorld({
      listeners: [
        { transport: 'tcp', port: taken.port(0) },
        { transport: 'tcp' },
        { transport: 'udp', port: taken.port(1) },
        { transport: 'udp', address: '192.0.2.1', port: 514 },
      ],
    })
    const failures = await world.source.open()
    assert.deepEqual(
      failures.map(({ listener, code, message }) => [listener.transport, code, message]),
      [
        [
          'tcp',
          'LISTEN_IN_USE',
          `cannot listen on TCP port ${taken.port(0)} of 127.0.0.1, another program does: stop it or take another port`,
        ],
        [
          'udp',
          'LISTEN_IN_USE',
          `cannot listen on UDP port ${taken.port(1)} of 127.0.0.1, another program does: stop it or take another port`,
        ],
        [
          'udp',
          'LISTEN_FAILED',
          'cannot listen on UDP port 514 of 192.0.2.1: no interface of this machine has that address',
        ],
      ],
    )
    assert.equal(await (await world.connect({ index: 1 })).finish('a'), 'orderly')
    assert.deepEqual(
      world.source.listeners().map(({ isListening }) => isListening),
      [false, true, false, false],
    )
    await world.end()
    await taken.end()
  })

  it('tells who may not listen what would help', () => {
    const listener = { transport: 'tls', format: 'syslog', address: '::', port: 514, proxy: false } as const
    const denied = listenFailure(listener, Object.assign(new Error('denied'), { code: 'EACCES' }))
    assert.equal(denied.code, 'LISTEN_DENIED')
    assert.match(denied.message, /^may not listen on TLS port 514 of ::: .*CAP_NET_BIND_SERVICE$/)
    assert.match(listenFailure(listener, new Error('odd\nthing')).message, /: odd thing$/)
  })
})

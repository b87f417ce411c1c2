import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { systemClock } from '../../src/host/system-clock.ts'
import { openSockets, type SocketSettings } from '../../src/wiring/socket-source.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const base: SocketSettings = {
  listeners: [],
  tlsFiles: undefined,
  framing: 'auto',
  maxMessageBytes: { syslog: 65_536, gelf: 524_288 },
  maxConnections: 10,
  idleTimeoutMs: 0,
  allow: [],
  proxyTrusted: [],
  udpReceiveBufferBytes: 65_536,
}
const local = { format: 'syslog', address: '127.0.0.1', proxy: false } as const

describe('opening sockets', () => {
  it('tells of the ports which cannot be bound, and binds them later, and only them', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const logger = new RecordingLogger()
    const stop = new AbortController()
    const { source, failures } = await openSockets(
      {
        ...base,
        listeners: [
          { ...local, transport: 'tcp', port },
          { ...local, transport: 'tcp', port: 0 },
          { ...local, transport: 'udp', port: 0 },
        ],
      },
      { clock: systemClock, logger, stop: stop.signal },
    )
    const bound = source.ports().slice(1)
    assert.deepEqual(
      failures.map(({ code, listener }) => [code, listener.port]),
      [['LISTEN_IN_USE', port]],
    )
    assert.equal((await source.open()).length, 1)
    server.close()
    await once(server, 'close')
    assert.deepEqual(await source.open(), [])
    assert.deepEqual(source.ports(), [port, ...bound])
    assert.deepEqual(await source.open(), [])
    assert.deepEqual(logger.told('info'), ['info listening', 'info listening', 'info listening'])
    await source.close(AbortSignal.abort())
  })

  it('opens nothing when a certificate cannot be read', async () => {
    const tlsFiles = {
      certificateFile: '/nowhere/cert.pem',
      keyFile: '/nowhere/key.pem',
      clientCaFiles: [],
      clientCrlFiles: [],
      clientAuth: 'none',
      clientNames: [],
      clientFingerprints: [],
    } as const
    const logger = new RecordingLogger()
    const opening = openSockets(
      { ...base, tlsFiles, listeners: [{ ...local, transport: 'udp', port: 0 }] },
      { clock: systemClock, logger, stop: new AbortController().signal },
    )
    await assert.rejects(opening, { code: 'TLS_FILE_UNREADABLE' })
    assert.deepEqual(logger.lines, [])
  })
})

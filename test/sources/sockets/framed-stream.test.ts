import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Counters } from '../../../src/core/metrics.ts'
import { FramedStream } from '../../../src/sources/sockets/framed-stream.ts'
import { LineFramer } from '../../support/line-framer.ts'

describe('the stream of a connection', () => {
  for (const [what, streamBytes, expected] of [
    ['a small one does not grow by being read', 16_384, 16_384],
    ['a large one keeps as much as it was told', 262_144, 262_144],
  ] as const) {
    it(what, async () => {
      const server = createServer({ highWaterMark: 16_384 }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
      const [socket] = (await once(server, 'connection')) as [Socket]
      const holds = async (bytes: number): Promise<void> => {
        while (socket.readableLength < bytes) await new Promise((resolve) => setImmediate(resolve))
      }
      try {
        const counters = new Counters()
        const stream = new FramedStream({ socket, framer: new LineFramer(counters), counters, streamBytes })
        socket.on('readable', () => {})
        client.write('x'.repeat(9_999).concat('\n'))
        await holds(10_000)
        client.write('y'.repeat(999).concat('\n').repeat(500))
        await holds(65_537)
        const messages = (stream.read() ?? []).reduce((sum, { count }) => sum + count, 0)
        assert.ok(messages > 50, `${messages}`)
        assert.equal(socket.readableHighWaterMark, expected)
      } finally {
        client.destroy()
        server.close()
      }
    })
  }
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { collectBody } from '../../src/clients/answer-body.ts'

async function asked(answer: RequestListener): Promise<unknown> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // a TCP server has no other kind
    const [response] = (await once(get({ port, host: '127.0.0.1', agent: false }), 'response')) as [IncomingMessage]
    return await collectBody(response)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('the body of an answer', () => {
  const bytes = Buffer.alloc(300_000, 'a body of many chunks')

  for (const [how, headers] of [
    ['announced', { 'content-length': bytes.length }],
    ['not announced', {}],
  ] as const) {
    it(`is whole, its length ${how}`, async () => {
      const body = await asked((_, response) => {
        response.writeHead(200, headers)
        response.write(bytes.subarray(0, 100_000))
        response.end(bytes.subarray(100_000))
      })
      assert.deepEqual(body, bytes)
    })
  }

  it('may be empty', async () => {
    assert.deepEqual(
      await asked((_, response) => response.writeHead(200, { 'content-length': 0 }).end()),
      Buffer.alloc(0),
    )
  })

  it('is none when the connection ends before it', async () => {
    const answer = asked((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length })
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
    })
    await assert.rejects(answer, { code: 'ECONNRESET' })
  })

  it('is given back when it is no stream', async () => {
    assert.equal(await collectBody(bytes), bytes)
    assert.equal(await collectBody(undefined), undefined)
  })
})

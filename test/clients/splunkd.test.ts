import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { servicePath, SplunkdClient, type SplunkdClientOptions } from '../../src/clients/splunkd.ts'
import { KinloaderError } from '../../src/core/errors.ts'
import { FakeSplunkd } from '../fakes/splunkd/server.ts'
import { selfSigned } from '../support/self-signed.ts'

const sessionKey = 'test-session-key'
const status = { method: 'GET', path: '/services/kvstore/status' } as const

describe('the client of splunkd', () => {
  const closing: (() => Promise<unknown>)[] = []
  const client = (options: Partial<SplunkdClientOptions> & { serverUri: string }): SplunkdClient => {
    const made = new SplunkdClient({ sessionKey, ...options })
    closing.push(() => made.close())
    return made
  }
  const start = async (options: Parameters<typeof FakeSplunkd.start>[0] = {}): Promise<FakeSplunkd> => {
    const splunkd = await FakeSplunkd.start(options)
    closing.push(() => splunkd.stop())
    return splunkd
  }
  const listen = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    return (server.address() as AddressInfo).port
  }

  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  for (const https of [false, true]) {
    it(`asks over ${https ? 'https' : 'http'}, on a kept connection`, async () => {
      const splunkd = await start({ https })
      const asking = client({ serverUri: splunkd.serverUri })
      for (let i = 0; i < 3; i += 1) {
        const answer = (await asking.request(status)) as { entry: { content: unknown }[] }
        assert.deepEqual(answer.entry[0]?.content, { current: { status: 'ready' } })
      }
      assert.equal(splunkd.connections, 1)
      assert.equal(splunkd.requests[0], 'GET /services/kvstore/status?output_mode=json')
    })
  }

  it('goes on where splunkd closed the kept connection', async () => {
    // Cuts a connection at its second request, as splunkd does when it has just given it up.
    const seen: string[] = []
    const server = createServer((request, response) => {
      const { socket } = request
      seen.push(String(socket.remotePort))
      if (seen.filter((port) => port === String(socket.remotePort)).length > 1) socket.resetAndDestroy()
      else response.end('{}')
    })
    const asking = client({ serverUri: `http://127.0.0.1:${await listen(server)}` })
    assert.deepEqual(await asking.request(status), {})
    assert.deepEqual(await asking.request(status), {})
    assert.equal(new Set(seen).size, 2)
    assert.equal(seen.length, 3)
    await asking.close()
  })

  it('escapes the parts of a path and of a form', async () => {
    assert.equal(servicePath('my app', 'data', 'a/b?c:ü'), '/servicesNS/nobody/my%20app/data/a%2Fb%3Fc%3A%C3%BC')
    const splunkd = await start()
    const path = servicePath('kinloader', 'storage', 'passwords')
    await client({ serverUri: splunkd.serverUri }).request({
      method: 'POST',
      path,
      form: { name: 'a&b', password: 'ü=+ %', realm: 'kinloader' },
    })
    assert.equal(splunkd.conf.secrets.get('kinloader/kinloader:a&b:')?.password, 'ü=+ %')
  })

  for (const [code, reply, retryable, message] of [
    [401, {}, false, 'SPLUNKD_UNAUTHORIZED'],
    [403, {}, false, 'SPLUNKD_UNAUTHORIZED'],
    [404, {}, false, 'SPLUNKD_NOT_FOUND'],
    [409, {}, false, 'SPLUNKD_CONFLICT'],
    [400, { messages: [{ type: 'ERROR', text: 'Field a\n is not a string.' }] }, false, 'SPLUNKD_REFUSED'],
    [429, {}, true, 'SPLUNKD_FAILED'],
    [500, { messages: [] }, true, 'SPLUNKD_FAILED'],
    [503, { messages: [{ type: 'FATAL', text: 'not yet' }] }, true, 'SPLUNKD_STARTING'],
  ] as const) {
    it(`knows what ${code} means`, async () => {
      const splunkd = await start()
      splunkd.onRequest(() => ({ status: code, body: reply }))
      const error = await failure(client({ serverUri: splunkd.serverUri }).request(status))
      assert.equal(error.code, message)
      assert.equal(error.retryable, retryable)
      assert.match(error.message, new RegExp(`${code}`))
      if (code === 400) assert.match(error.message, / \(Field a is not a string\); see splunkd\.log/)
    })
  }

  it('says where nobody answers', async () => {
    const splunkd = await start()
    const { serverUri } = splunkd
    await splunkd.stop()
    const error = await failure(client({ serverUri }).request(status))
    assert.equal(error.code, 'SPLUNKD_UNREACHABLE')
    assert.equal(error.retryable, true)
    assert.match(error.message, /127\.0\.0\.1.*ECONNREFUSED.*see that it runs/)
  })

  it('gives up in time when it gets no answer, or half of one', async () => {
    const splunkd = await start()
    splunkd.setSilent(true)
    const silent = await failure(client({ serverUri: splunkd.serverUri, timeoutMs: 50 }).request(status))
    assert.equal(silent.code, 'SPLUNKD_UNREACHABLE')
    assert.match(silent.message, /no answer in time/)
    const half = createServer((_, response) => response.write('{"a":'))
    const serverUri = `http://127.0.0.1:${await listen(half)}`
    const asking = client({ serverUri, timeoutMs: 50 })
    assert.match((await failure(asking.request(status))).message, /no answer in time/)
    await asking.close()
    half.closeAllConnections()
  })

  it('ends with its signal', async () => {
    const splunkd = await start()
    splunkd.setSilent(true)
    const asking = client({ serverUri: splunkd.serverUri })
    const ending = new AbortController()
    const asked = asking.request({ ...status, signal: ending.signal })
    setImmediate(() => {
      ending.abort()
    })
    assert.equal((await failure(asked)).code, 'ABORTED')
    assert.equal((await failure(asking.request({ ...status, signal: AbortSignal.abort() }))).code, 'ABORTED')
  })

  it('takes no endless answer and nothing but JSON', async () => {
    const long = createServer((_, response) => {
      response.end(JSON.stringify('x'.repeat(200_000)))
    })
    const serverUri = `http://127.0.0.1:${await listen(long)}`
    const error = await failure(client({ serverUri, maxResponseBytes: 100_000 }).request(status))
    assert.match(error.message, /more than 100000 bytes/)
    const page = createServer((_, response) => response.end('<html>'))
    const other = await failure(client({ serverUri: `http://127.0.0.1:${await listen(page)}` }).request(status))
    assert.equal(other.code, 'SPLUNKD_FAILED')
  })

  it('never tells the session key', async () => {
    const splunkd = await start()
    const secret = 'a-very-secret-key'
    const errors = [await failure(client({ serverUri: splunkd.serverUri, sessionKey: secret }).request(status))]
    await splunkd.stop()
    errors.push(await failure(client({ serverUri: splunkd.serverUri, sessionKey: secret }).request(status)))
    // A line break is what would split the header.
    errors.push(await failure(client({ serverUri: splunkd.serverUri, sessionKey: `${secret}\n` }).request(status)))
    for (const error of errors) assert.ok(!`${error.message} ${error.stack ?? ''}`.includes(secret), error.message)
  })

  it('verifies the certificate off the loopback, against the given authorities', async () => {
    const { key, cert } = selfSigned()
    const server = createTlsServer({ key, cert }, (_, response) => response.end('{"ok":true}'))
    const port = await listen(server)
    const folder = await mkdtemp(join(tmpdir(), 'kinloader-ca-'))
    closing.push(() => rm(folder, { recursive: true }))
    const caFile = join(folder, 'cacert.pem')
    await writeFile(caFile, cert)
    for (const host of ['127.0.0.1', 'localhost']) {
      assert.deepEqual(await client({ serverUri: `https://${host}:${port}` }).request(status), { ok: true })
    }
    // Leads to the loopback, but is none by name.
    const serverUri = `https://0.0.0.0:${port}`
    const unverified = await failure(client({ serverUri }).request(status))
    assert.equal(unverified.code, 'SPLUNKD_UNTRUSTED')
    assert.equal(unverified.retryable, false)
    assert.match(unverified.message, /SELF_SIGNED/)
    const wrongName = await failure(client({ serverUri, caFile }).request(status))
    assert.match(wrongName.message, /ERR_TLS_CERT_ALTNAME_INVALID/)
    const noFile = await failure(client({ serverUri, caFile: join(folder, 'none.pem') }).request(status))
    assert.equal(noFile.code, 'SPLUNKD_UNTRUSTED')
  })

  it('refuses an address which is none', () => {
    assert.throws(() => client({ serverUri: 'splunk' }), { code: 'SPLUNKD_REFUSED' })
  })
})

async function failure(call: Promise<unknown>): Promise<KinloaderError> {
  try {
    await call
  } catch (error) {
    assert.ok(error instanceof KinloaderError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: 'the call succeeded' })
}

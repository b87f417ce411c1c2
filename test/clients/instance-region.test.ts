import assert from 'node:assert/strict'
import http, { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { instanceRegion } from '../../src/clients/instance-region.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import { type FakeImds, type FakeImdsOptions, startFakeImds } from '../fakes/imds/http-door.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

describe('the region of an EC2 instance', () => {
  let imds: FakeImds
  let logger: RecordingLogger

  async function ask(
    options: FakeImdsOptions = {},
    more: { environment?: Record<string, string>; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<string | undefined> {
    imds = await startFakeImds(options)
    logger = new RecordingLogger()
    const { environment = {}, signal = new AbortController().signal, ...rest } = more
    return instanceRegion({
      clock: systemClock,
      logger,
      environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.endpoint, ...environment },
      signal,
      ...rest,
    })
  }

  afterEach(() => imds.close())

  it('fault 22: is found on an instance which allows IMDSv2 only', async () => {
    assert.equal(await ask({ region: 'ap-southeast-2' }), 'ap-southeast-2')
    assert.deepEqual(imds.requests, ['PUT /latest/api/token', 'GET /latest/dynamic/instance-identity/document'])
    const { status } = await fetch(`${imds.endpoint}/latest/dynamic/instance-identity/document`)
    assert.equal(status, 401)
  })

  it('is asked of no proxy', async () => {
    let proxied = 0
    const proxy = createServer((_, response) => {
      proxied += 1
      response.end('{"region":"us-east-1"}')
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => proxy.once('listening', resolve))
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const before = http.globalAgent
    // As Node has it when NODE_USE_ENV_PROXY is set; its types do not know it yet.
    const options: http.AgentOptions & { proxyEnv: object } = { proxyEnv: { http_proxy: url } }
    http.globalAgent = new http.Agent(options)
    try {
      assert.equal(await ask({}, { environment: { http_proxy: url, HTTP_PROXY: url, all_proxy: url } }), 'eu-central-1')
      assert.equal(proxied, 0)
    } finally {
      http.globalAgent = before
      proxy.close()
    }
  })

  it('is not asked for where that is switched off', async () => {
    assert.equal(await ask({}, { environment: { AWS_EC2_METADATA_DISABLED: 'TRUE' } }), undefined)
    assert.deepEqual(imds.requests, [])
  })

  it('is given up soon where nobody answers', async () => {
    assert.equal(await ask({ isSilent: true }, { timeoutMs: 30 }), undefined)
    assert.deepEqual(logger.told('debug'), ['debug instance-region'])
  })

  it('is unknown where the document does not tell', async () => {
    for (const document of [
      '',
      'null',
      '{}',
      '{"region":7}',
      '{"region":"../x"}',
      `{"region":"x"${' '.repeat(100_000)}}`,
    ]) {
      assert.equal(await ask({ document }), undefined, document.slice(0, 40))
      await imds.close()
    }
  })

  it('is unknown where there is no metadata service', async () => {
    const gone = await startFakeImds()
    await gone.close()
    for (const url of [gone.endpoint, 'no url', 'ftp://127.0.0.1']) {
      assert.equal(await ask({}, { environment: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url } }), undefined)
      await imds.close()
    }
  })

  it('ends with its signal', async () => {
    const stop = new AbortController()
    const asked = ask({ isSilent: true }, { timeoutMs: 60_000, signal: stop.signal })
    setTimeout(() => {
      stop.abort()
    }, 10)
    assert.equal(await asked, undefined)
  })
})

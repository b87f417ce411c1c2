import assert from 'node:assert/strict'
import { type Health, MetricsServer } from '../../src/host/metrics-server.ts'

describe('the server of metrics and health', () => {
  const state: { health: Health; ready: Health; asked: string[] } = {
    health: { isGood: true, problems: [] },
    ready: { isGood: false, problems: ['It is starting.', 'Wait.'] },
    asked: [],
  }
  let server: MetricsServer

  before(async () => {
    server = await MetricsServer.open({
      address: '127.0.0.1',
      port: 0,
      name: 'mover',
      metrics: () => Promise.resolve('mover_moved_total 3\n'),
      health: () => state.health,
      readiness: () => state.ready,
      onRequest: (path) => state.asked.push(path),
    })
  })

  after(() => server.close())

  async function get(path: string, method = 'GET'): Promise<[number, string]> {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method })
    return [response.status, await response.text()]
  }

  it('answers what Prometheus and load balancers ask', async () => {
    assert.deepEqual(await get('/metrics'), [200, 'mover_moved_total 3\n'])
    assert.deepEqual(await get('/healthz?verbose'), [200, 'ok\n'])
    assert.deepEqual(await get('/readyz'), [503, 'It is starting.\nWait.\n'])
    assert.deepEqual(await get('/metrics', 'HEAD'), [200, ''])
    assert.match((await get('/'))[1], /\/metrics/)
    assert.match((await get('/robots.txt'))[1], /Disallow: \//)
  })

  it('turns 503 when it is not well', async () => {
    state.health = { isGood: false, problems: ['The spool is full.'] }
    assert.deepEqual(await get('/healthz'), [503, 'The spool is full.\n'])
  })

  it('refuses anything else, and counts by path without letting anybody invent one', async () => {
    state.asked = []
    assert.equal((await get('/nothing'))[0], 404)
    assert.equal((await get('/metrics', 'POST'))[0], 405)
    assert.equal((await get('/invented', 'POST'))[0], 405)
    assert.deepEqual(state.asked, ['other', '/metrics', 'other'])
  })

  it('says why it cannot listen', async () => {
    const options = {
      name: 'm',
      metrics: () => Promise.resolve(''),
      health: () => state.health,
      readiness: () => state.ready,
    }
    await assert.rejects(MetricsServer.open({ address: '127.0.0.1', port: server.port, ...options }), {
      code: 'LISTEN_IN_USE',
      message: `Another program uses the port ${server.port} for metrics; choose another.`,
    })
  })
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type Health, MetricsServer } from '../../src/host/metrics-server.ts'

describe('the server of metrics and health', () => {
  const state: { health: Health; ready: Health; asked: string[]; broken: Error | undefined } = {
    broken: undefined,
    health: { isGood: true, problems: [] },
    ready: { isGood: false, problems: ['It is starting.', 'Wait.'] },
    asked: [],
  }
  const pages = {
    address: '127.0.0.1',
    name: 'mover',
    metrics: () => (state.broken ? Promise.reject(state.broken) : Promise.resolve('mover_moved_total 3\n')),
    health: () => {
      if (state.broken) throw state.broken
      return state.health
    },
    readiness: () => state.ready,
    onRequest: (path: string) => state.asked.push(path),
  }
  let server: MetricsServer

  before(async () => {
    server = await MetricsServer.open({ ...pages, port: 0 })
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

  it('says that a page cannot be made, and lives on', async () => {
    state.broken = new Error('no such\ngauge')
    const told = 'This page cannot be made (no such gauge); report it.\n'
    assert.deepEqual(await get('/metrics'), [500, told])
    assert.deepEqual(await get('/healthz'), [500, told])
    assert.deepEqual(await get('/metrics', 'HEAD'), [500, ''])
    state.broken = undefined
    assert.equal((await get('/metrics'))[0], 200)
  })

  const idlers = { 'say nothing': '', 'are not answered': 'GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n' }
  for (const [what, asked] of Object.entries(idlers)) {
    it(`does not let many who ${what} keep others waiting`, async () => {
      const metrics = (): Promise<string> => new Promise(() => {})
      const busy = await MetricsServer.open({ ...pages, port: 0, metrics, patienceMs: 100 })
      const sockets: Socket[] = []
      try {
        for (let i = 0; i < 64; i++) {
          const socket = connect(busy.port, '127.0.0.1').on('error', () => undefined)
          sockets.push(socket)
          await once(socket, 'connect')
          socket.write(asked)
        }
        // What is beyond the 64 connections is closed at once.
        const sinceMs = performance.now()
        const ask = (): Promise<number> =>
          fetch(`http://127.0.0.1:${busy.port}/`).then(
            ({ status }) => status,
            () => 0,
          )
        let status = 0
        while (status === 0 && performance.now() - sinceMs < 3000) status = await ask()
        assert.equal(status, 200)
      } finally {
        for (const socket of sockets) socket.destroy()
        await busy.close()
      }
    })
  }

  it('makes one page a connection, however many it asks for at once', async () => {
    state.asked = []
    const socket = connect(server.port, '127.0.0.1')
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500))
    socket.resume()
    await once(socket, 'close')
    assert.deepEqual(state.asked, ['/metrics'])
  })

  it('says why it cannot listen', async () => {
    await assert.rejects(MetricsServer.open({ ...pages, port: server.port }), {
      code: 'LISTEN_IN_USE',
      message: `Another program uses the port ${server.port} for metrics; choose another.`,
    })
  })
})

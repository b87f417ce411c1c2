import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorCode, errorText, KinloaderError } from '../core/errors.ts'

/** How a service is, in a word for machines and a sentence for people. */
export interface Health {
  readonly isGood: boolean
  /** What is wrong, a sentence each; empty when it is good. */
  readonly problems: readonly string[]
}

export interface MetricsServerOptions {
  readonly address: string
  /** 0: any free one. */
  readonly port: number
  /** The service's name, for the page at `/`. */
  readonly name: string
  /** In Prometheus's text format. */
  readonly metrics: () => Promise<string>
  /** `/healthz`: whether somebody should look. */
  readonly health: () => Health
  /** `/readyz`: whether it should be sent anything now. */
  readonly readiness: () => Health
  /** Called at each request, with the path when it is one of ours. */
  readonly onRequest?: (path: string) => void
  /** What a client gets to ask, and to take each part of its answer, milliseconds. Default 3000. */
  readonly patienceMs?: number
}

/**
 * What Prometheus and load balancers ask. GET and HEAD only; a few connections at once, each for a short time: whoever
 * reaches this port must not be able to use the service up.
 */
export class MetricsServer {
  readonly #options: MetricsServerOptions
  readonly #server: Server

  private constructor(options: MetricsServerOptions) {
    const { patienceMs = 3000 } = options
    this.#options = options
    const times = {
      requestTimeout: patienceMs,
      headersTimeout: patienceMs,
      keepAliveTimeout: patienceMs,
      // Node looks for those which are late only this often, and by itself each 30 seconds.
      connectionsCheckingInterval: patienceMs / 4,
    }
    this.#server = createServer(times, (request, response) => {
      void this.#answer(request, response)
    })
    // Of a connection on which nothing moves, as when the answer is not taken.
    this.#server.timeout = patienceMs
    this.#server.maxConnections = 64
    // Or one connection might ask for thousands of pages in one read.
    this.#server.maxRequestsPerSocket = 1
  }

  /** Rejects with `LISTEN_DENIED`, `LISTEN_IN_USE` or `LISTEN_FAILED`. */
  static async open(options: MetricsServerOptions): Promise<MetricsServer> {
    const server = new MetricsServer(options)
    try {
      server.#server.listen(options.port, options.address)
      await once(server.#server, 'listening')
    } catch (cause) {
      throw listenError(options.port, cause)
    }
    // Whatever goes wrong with one connection is told to its client alone.
    server.#server.on('error', () => {})
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** Never rejects: a page which fails must not end what it tells of. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').replace(/[?#].*$/s, '')
    let page: Page = notAllowed
    try {
      if (request.method === 'GET' || request.method === 'HEAD') page = await this.#page(path)
      this.#options.onRequest?.(paths.has(path) ? path : 'other')
    } catch (error) {
      page = { status: 500, text: `This page cannot be made (${errorText(error)}); report it.\n` }
    }
    response.writeHead(page.status, {
      'content-type': page.type ?? 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    })
    response.end(request.method === 'HEAD' ? undefined : page.text)
  }

  async #page(path: string): Promise<Page> {
    const { name, metrics, health, readiness } = this.#options
    switch (path) {
      case '/':
        return { status: 200, text: `${name}: /metrics, /healthz, /readyz\n` }
      case '/metrics':
        return { status: 200, text: await metrics(), type: 'text/plain; version=0.0.4; charset=utf-8' }
      case '/healthz':
        return pageOf(health())
      case '/readyz':
        return pageOf(readiness())
      case '/robots.txt':
        return { status: 200, text: 'User-agent: *\nDisallow: /\n' }
      default:
        return notFound
    }
  }
}

interface Page {
  readonly status: number
  readonly text: string
  readonly type?: string
}

const paths: ReadonlySet<string> = new Set(['/', '/metrics', '/healthz', '/readyz', '/robots.txt'])

const notFound: Page = { status: 404, text: 'There is no such page.\n' }
const notAllowed: Page = { status: 405, text: 'GET and HEAD only.\n' }

function pageOf({ isGood, problems }: Health): Page {
  return isGood ? { status: 200, text: 'ok\n' } : { status: 503, text: `${problems.join('\n')}\n` }
}

function listenError(port: number, cause: unknown): KinloaderError {
  const name = `the port ${port} for metrics`
  switch (errorCode(cause)) {
    case 'EACCES':
      return new KinloaderError('LISTEN_DENIED', `This user may not use ${name}; choose one above 1023.`, { cause })
    case 'EADDRINUSE':
      return new KinloaderError('LISTEN_IN_USE', `Another program uses ${name}; choose another.`, { cause })
    default:
      return new KinloaderError(
        'LISTEN_FAILED',
        `There is no listening on ${name} (${errorCode(cause)}); see --address.`,
        { cause },
      )
  }
}

import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { selfSigned } from '../../support/self-signed.ts'
import { ConfEndpoints } from './conf-endpoints.ts'
import { KvStore } from './kv-store.ts'
import { failure, type Call, type Reply } from './reply.ts'

export interface FakeSplunkdOptions {
  /** Default false. The certificate signs itself, as Splunk's default one does. */
  readonly https?: boolean
  /** Default `test-session-key`. */
  readonly sessionKey?: string
  /** As `limits.conf`: default 1,000, the older and smaller of Splunk's defaults. */
  readonly maxDocumentsPerBatchSave?: number
  /** Default 50,000. */
  readonly maxRowsPerQuery?: number
}

type Fault = (call: Call) => Reply | undefined | Promise<Reply | undefined>

/**
 * splunkd's management port, as far as kinloader asks of it: the KV store, storage/passwords and data/inputs. State
 * survives `stop` and `restart`, like that of a splunkd which restarts; the port stays the same.
 */
export class FakeSplunkd {
  readonly kvStore: KvStore
  readonly conf = new ConfEndpoints()
  /** Of every request: `POST /servicesNS/…/batch_save`, with the path as sent. */
  readonly requests: string[] = []
  /** Connections accepted so far. */
  connections = 0
  /** PEM of the certificate, with https. */
  readonly certificate: string | undefined
  sessionKey: string
  #server: Server | undefined
  #port = 0
  readonly #tls: { key: string; cert: string } | undefined
  #startingRequests = 0
  #startingUntilMs = 0
  #silent = false
  #faults: Fault[] = []

  private constructor(options: FakeSplunkdOptions) {
    this.sessionKey = options.sessionKey ?? 'test-session-key'
    this.kvStore = new KvStore(options)
    this.#tls = options.https === true ? selfSigned() : undefined
    this.certificate = this.#tls?.cert
  }

  static async start(options: FakeSplunkdOptions = {}): Promise<FakeSplunkd> {
    const splunkd = new FakeSplunkd(options)
    await splunkd.restart()
    return splunkd
  }

  get serverUri(): string {
    return `${this.#tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}`
  }

  /** The next `requests` requests, or all for `ms` milliseconds, are answered with 503. */
  setStarting(what: { readonly requests?: number; readonly ms?: number }): void {
    this.#startingRequests = what.requests ?? 0
    this.#startingUntilMs = Date.now() + (what.ms ?? 0)
  }

  /** Makes the session key which every process has so far invalid. */
  revokeSession(fresh = 'fresh-session-key'): void {
    this.sessionKey = fresh
  }

  /** Takes connections and requests, and answers none. */
  setSilent(silent: boolean): void {
    this.#silent = silent
  }

  /** Asked before every request is done, and waited for: a reply is sent in its place. */
  onRequest(fault: Fault): void {
    this.#faults.push(fault)
  }

  clearFaults(): void {
    this.#faults = []
  }

  /** Closes every connection which is idle, as splunkd does with those kept too long. */
  closeIdleConnections(): void {
    this.#server?.closeIdleConnections()
  }

  /** The port is closed and every connection cut. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  }

  async restart(): Promise<void> {
    await this.stop()
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      void this.#serve(request, response)
    }
    const server = this.#tls === undefined ? createHttpServer(listener) : createHttpsServer(this.#tls, listener)
    server.on('connection', () => (this.connections += 1))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    if (this.#silent) return
    const url = new URL(request.url ?? '/', 'http://localhost')
    const call: Call = {
      method: request.method ?? '',
      parts: url.pathname.slice(1).split('/').map(decodeURIComponent),
      query: url.searchParams,
      body: Buffer.concat(chunks).toString(),
    }
    const { status, body } = await this.#answer(call, request.headers.authorization)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined ? '' : JSON.stringify(body))
  }

  async #answer(call: Call, authorization: string | undefined): Promise<Reply> {
    if (this.#startingRequests > 0 || Date.now() < this.#startingUntilMs) {
      this.#startingRequests -= 1
      return failure(503, 'KV Store initialization has not completed yet.')
    }
    // The bare key, without the word before it, is refused as well.
    if (authorization !== `Splunk ${this.sessionKey}`) return failure(401, 'call not properly authenticated')
    for (const fault of this.#faults) {
      const reply = await fault(call)
      if (reply !== undefined) return reply
    }
    const [root, ...rest] = call.parts
    if (root === 'services' && rest.join('/') === 'kvstore/status') return this.kvStore.status()
    if (root !== 'servicesNS') return failure(404, 'Not Found')
    const [, app = '', area, kind, ...names] = rest
    if (area === 'storage' && kind === 'collections') return this.kvStore.answer(app, names, call)
    if (area === 'storage' && kind === 'passwords') return this.conf.passwords(app, names, call)
    if (area === 'data' && kind === 'inputs') return this.conf.inputs(app, names, call)
    return failure(404, 'Not Found')
  }
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../../src/core/clock.ts'
import type { KinesisEngine } from './engine.ts'
import { answerRequest, type WireAnswer, type WireRequest } from './protocol.ts'
import { answerSts } from './sts.ts'

export interface HttpDoorOptions {
  /** The clock by which injected delays pass. */
  clock: Clock
  /** Default 0: any free port. */
  port?: number
}

export interface HttpDoor {
  /** `http://127.0.0.1:<port>`; also serves STS's GetCallerIdentity and AssumeRole. */
  readonly endpoint: string
  /** Connections accepted so far: a client which keeps its connections makes few. */
  connections(): number
  /** Stops listening and breaks every connection; twice is fine. */
  close(): Promise<void>
}

const maxBodyBytes = 32 * 1024 * 1024

/** A Kinesis endpoint on loopback: the engine behind AWS JSON 1.1 over HTTP with kept connections. */
export async function startKinesisServer(engine: KinesisEngine, options: HttpDoorOptions): Promise<HttpDoor> {
  let connections = 0
  const server = createServer((request, response) => {
    serve(engine, options.clock, request, response).catch(() => {
      request.socket.destroy()
    })
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', () => connections++)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // a TCP server has no other kind
  return {
    endpoint: `http://127.0.0.1:${port}`,
    connections: () => connections,
    async close() {
      if (!server.listening) return
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
    },
  }
}

async function serve(
  engine: KinesisEngine,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    gone.abort()
  })
  const wire = { headers: headersOf(request), body: await bodyOf(request) }
  const answer = await answerWire(engine, wire, clock, gone.signal)
  if (answer === undefined) request.socket.resetAndDestroy()
  else response.writeHead(answer.status, answer.headers).end(answer.body)
}

async function answerWire(
  engine: KinesisEngine,
  wire: WireRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<WireAnswer | undefined> {
  if (wire.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true) {
    return answerSts(engine, wire)
  }
  return answerRequest(engine, wire, {
    signal,
    sleep: (durationMs) => clock.sleep(durationMs, signal),
    forever: () =>
      new Promise((resolve) => {
        if (signal.aborted) resolve()
        else
          signal.addEventListener(
            'abort',
            () => {
              resolve()
            },
            { once: true },
          )
      }),
  })
}

function headersOf(request: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new Error('request body too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

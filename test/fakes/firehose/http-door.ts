import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { jsonValueEnd } from '../../../src/codecs/json-objects.ts'
import { systemClock } from '../../../src/host/system-clock.ts'
import {
  type DeliveredRecord,
  type FakeStreamOptions,
  FirehoseEngine,
  type FirehoseCall,
  type FirehoseEngineOptions,
} from './engine.ts'
import type { FirehoseFaults } from './faults.ts'
import { answerFirehose } from './protocol.ts'

export interface FakeFirehoseOptions extends Partial<FirehoseEngineOptions> {
  /** Streams which exist from the beginning. Default one, `logs`, without quotas. */
  readonly streams?: Readonly<Record<string, FakeStreamOptions>>
  /** Default 0: any free port. */
  readonly port?: number
}

export interface FakeFirehose {
  /** `http://127.0.0.1:<port>`; serves Firehose and STS's GetCallerIdentity. */
  readonly endpoint: string
  readonly engine: FirehoseEngine
  readonly faults: FirehoseFaults
  /** In the order of arrival. */
  readonly calls: readonly FirehoseCall[]
  /** In the order of arrival, duplicates included. */
  records(stream?: string): readonly DeliveredRecord[]
  /** The JSON documents in them: each record is one or more gzip members, each of one document. */
  documents(stream?: string): readonly unknown[]
  /** Connections accepted so far. */
  connections(): number
  /** Stops listening and breaks every connection; twice is fine. */
  close(): Promise<void>
}

const maxBodyBytes = 32 * 1024 * 1024

/** A Firehose endpoint on loopback, which also tells the caller's account. */
export async function startFakeFirehose(options: FakeFirehoseOptions = {}): Promise<FakeFirehose> {
  const { streams = { logs: {} }, port: wantedPort = 0, clock = systemClock } = options
  const engine = new FirehoseEngine({ ...options, clock })
  for (const [name, stream] of Object.entries(streams)) engine.createStream(name, stream)
  let connections = 0
  const server = createServer((request, response) => {
    serve(engine, request, response).catch(() => {
      request.socket.destroy()
    })
  })
  server.keepAliveTimeout = 60_000
  server.on('connection', () => connections++)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(wantedPort, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo // a TCP server has no other kind
  const records = (stream?: string): readonly DeliveredRecord[] =>
    engine.delivered.filter((record) => stream === undefined || record.stream === stream)
  return {
    endpoint: `http://127.0.0.1:${port}`,
    engine,
    faults: engine.faults,
    calls: engine.calls,
    records,
    documents: (stream) => records(stream).flatMap(({ data }) => documentsIn(data)),
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

async function serve(engine: FirehoseEngine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    gone.abort()
  })
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  const answer = await answerFirehose(
    engine,
    { headers, body: await bodyOf(request) },
    {
      signal: gone.signal,
      sleep: (durationMs) => engine.clock.sleep(durationMs, gone.signal),
      forever: () =>
        new Promise((resolve) => {
          gone.signal.addEventListener(
            'abort',
            () => {
              resolve()
            },
            { once: true },
          )
          if (gone.signal.aborted) resolve()
        }),
    },
  )
  if (answer === undefined) request.socket.resetAndDestroy()
  else response.writeHead(answer.status, answer.headers).end(answer.body)
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

/** Documents stand one after the other without anything in between, as in an object of S3. */
function documentsIn(data: Buffer): unknown[] {
  const inflated = gunzipSync(data)
  const text = inflated.toString('latin1')
  const documents: unknown[] = []
  for (let at = 0; at < text.length; ) {
    const end = jsonValueEnd(text, at)
    if (end < 0) throw new Error(`a delivered record holds no whole document at byte ${at}`)
    documents.push(JSON.parse(inflated.toString('utf8', at, end)))
    at = end
  }
  return documents
}

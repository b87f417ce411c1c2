import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis'
import { awsRequestHandler, createKinesisClient } from '../../../src/clients/aws.ts'
import { logRecordDecoder } from '../../../src/codecs/log-record.ts'
import type { LogEvent } from '../../../src/core/event.ts'

type Settings = Record<string, string>

/** Like `splunk`: notes what it was told, and an app counts as there once it is installed. */
const program = `#!/bin/sh
echo "$*" >>"$SPLUNK_HOME/commands"
case "$1" in
  install) touch "$SPLUNK_HOME/installed" ;;
  restart) touch "$SPLUNK_HOME/restarted" ;;
  remove) rm "$SPLUNK_HOME/installed" ;;
esac
`

/**
 * As much of a Splunk as the verification of a real one asks of it. Its input is a short one: a search reads the stream of
 * the one input and answers with what is in it.
 */
export class SplunkStandIn {
  readonly home = mkdtempSync(join(tmpdir(), 'kinloader-splunk-'))
  readonly inputs = new Map<string, Settings>()
  checkpointsRemoved = false
  /** Events which no search finds. */
  hidden = 0
  readonly #server: Server
  #logins = 0

  private constructor() {
    mkdirSync(join(this.home, 'bin'))
    writeFileSync(join(this.home, 'bin/splunk'), program)
    chmodSync(join(this.home, 'bin/splunk'), 0o755)
    this.#server = createServer((request, response) => {
      void this.#serve(request, response)
    })
  }

  static async start(): Promise<SplunkStandIn> {
    const splunk = new SplunkStandIn()
    await new Promise<void>((resolve) => splunk.#server.listen(0, '127.0.0.1', resolve))
    return splunk
  }

  get managementUri(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What `splunk` was told, a line each. */
  get commands(): readonly string[] {
    const file = join(this.home, 'commands')
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
  }

  installApp(): void {
    writeFileSync(join(this.home, 'installed'), '')
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve)
      this.#server.closeAllConnections()
    })
    rmSync(this.home, { recursive: true })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const part of request) body += String(part)
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const form = Object.fromEntries(new URLSearchParams(body))
    const isKnown = request.headers.authorization === `Splunk key-${this.#logins}`
    const [status, answer] =
      pathname === '/services/auth/login'
        ? this.#login(form)
        : isKnown
          ? await this.#answer(request.method ?? '', pathname, form)
          : [401, {}]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  }

  #login({ username, password }: Settings): [number, object] {
    if (username !== 'admin' || password !== 'changed') return [401, {}]
    this.#logins += 1
    return [200, { sessionKey: `key-${this.#logins}` }]
  }

  async #answer(method: string, path: string, form: Settings): Promise<[number, object]> {
    const [, place = '', name = ''] =
      /^\/services(?:NS\/nobody\/\w+)?\/(.*?)(?:\/(kinloader-verify.*))?$/.exec(path) ?? []
    const has = (file: string): [number, object] => [existsSync(join(this.home, file)) ? 200 : 404, {}]
    if (place === 'apps/local/kinloader') return has('installed')
    if (place === 'data/modular-inputs/kinloader') return has('restarted')
    if (place === 'storage/collections/data/kinloader_checkpoints') this.checkpointsRemoved = method === 'DELETE'
    if (place === 'search/jobs') return [200, { results: [await this.#search()] }]
    if (place !== 'data/inputs/kinloader') return [200, {}]
    if (name === '') return this.#create(form)
    const content = this.inputs.get(name)
    if (content === undefined) return [404, {}]
    if (method === 'DELETE') this.inputs.delete(name)
    const answer = { entry: [{ content: { ...content } }] }
    // Seen once as it is, and then moved away.
    content['aws_secret_access_key'] = '********'
    return [200, answer]
  }

  #create({ name = '', ...settings }: Settings): [number, object] {
    if (settings['stream'] !== name) return [400, { messages: [{ text: 'The stream does not exist.' }] }]
    this.inputs.set(name, settings)
    return [201, {}]
  }

  async #search(): Promise<object> {
    const [[stream = '', { endpoint = '', region = '' } = {}] = []] = this.inputs
    const credentials = { accessKeyId: 'AKIATESTER', secretAccessKey: 'secret' }
    const client = createKinesisClient({
      region,
      endpoint,
      credentials: () => Promise.resolve(credentials),
      requestHandler: awsRequestHandler({ endpoint }),
    })
    const events = (await readEvents(client, stream)).slice(this.hidden)
    client.destroy()
    const times = events.map(({ time }) => (time?.seconds ?? 0) + (time?.nanos ?? 0) / 1e9)
    const values = (texts: readonly (string | undefined)[]): string => [...new Set(texts)].join(' ')
    return {
      count: String(events.length),
      numbers: String(new Set(events.map(({ message }) => /<number=(\d+)>/.exec(String(message))?.[1])).size),
      first: Math.min(...times).toFixed(6),
      last: Math.max(...times).toFixed(6),
      hosts: values(events.map(({ host }) => host)),
      sourcetypes: values(events.map(({ sourcetype }) => sourcetype)),
    }
  }
}

async function readEvents(client: KinesisClient, stream: string): Promise<readonly LogEvent[]> {
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName: stream }))
  const records = await Promise.all(
    Shards.map(async ({ ShardId }) => {
      const start = { StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' } as const
      const { ShardIterator } = await client.send(new GetShardIteratorCommand(start))
      return (await client.send(new GetRecordsCommand({ ShardIterator }))).Records ?? []
    }),
  )
  return records.flat().flatMap(({ Data = new Uint8Array() }) => logRecordDecoder.decode(Data).items)
}

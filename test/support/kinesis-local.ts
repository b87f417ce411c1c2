import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export interface KinesisLocalOptions {
  /** Streams which exist from the start, by name, with their number of shards. Default none. */
  streams?: Readonly<Record<string, number>>
  /** How long creating, deleting and each reshard take. Default 50 ms; the program's own is 500 ms. */
  changeMs?: number
  /** Default ERROR. */
  logLevel?: 'ERROR' | 'WARN' | 'INFO' | 'DEBUG'
  /** Most shards of all streams together. Default 50. */
  maxShards?: number
}

export interface KinesisLocal {
  /** `http://127.0.0.1:<port>`, HTTP/1.1: give the SDK client a NodeHttpHandler. */
  readonly endpoint: string
  readonly pid: number
  /** SIGTERM, and SIGKILL after half a second, as it takes its time. Twice is fine. */
  stop(): Promise<void>
}

const startTimeoutMs = 30_000

/** The emulator of the npm package kinesis-local as a child process; resolves when it accepts connections. */
export async function startKinesisLocal(options: KinesisLocalOptions = {}): Promise<KinesisLocal> {
  const folder = dirname(fileURLToPath(import.meta.resolve('kinesis-local/package.json')))
  const [plainPort, tlsPort] = await freePorts()
  const child = spawn(process.execPath, ['main.js'], {
    cwd: folder, // it looks for its certificate where it is started
    env: { ...settings(options), KINESIS_MOCK_PLAIN_PORT: String(plainPort), KINESIS_MOCK_TLS_PORT: String(tlsPort) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  let lastWords = ''
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000)
  })
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)

  const { pid } = child
  if (pid === undefined) throw new Error('kinesis-local could not be started')
  const deadlineMs = performance.now() + startTimeoutMs
  while (!(await accepts(plainPort))) {
    if (child.exitCode !== null) throw new Error(`kinesis-local ended with ${child.exitCode}: ${lastWords}`)
    if (performance.now() > deadlineMs) {
      kill()
      throw new Error(`kinesis-local did not listen within ${startTimeoutMs} ms: ${lastWords}`)
    }
    await sleep(50)
  }
  return {
    endpoint: `http://127.0.0.1:${plainPort}`,
    pid,
    async stop() {
      process.removeListener('exit', kill)
      child.kill('SIGTERM')
      const timer = setTimeout(kill, 500)
      if (child.exitCode === null && child.signalCode === null) await exited
      clearTimeout(timer)
    },
  }
}

function settings(options: KinesisLocalOptions): Record<string, string> {
  const duration = `${options.changeMs ?? 50}ms`
  const streams = Object.entries(options.streams ?? {}).map(([name, shards]) => `${name}:${shards}`)
  return {
    KINESIS_MOCK_CERT_PATH: join('.', 'server.json'),
    LOG_LEVEL: options.logLevel ?? 'ERROR',
    SHARD_LIMIT: String(options.maxShards ?? 50),
    CREATE_STREAM_DURATION: duration,
    DELETE_STREAM_DURATION: duration,
    SPLIT_SHARD_DURATION: duration,
    MERGE_SHARDS_DURATION: duration,
    UPDATE_SHARD_COUNT_DURATION: duration,
    ...(streams.length === 0 ? {} : { INITIALIZE_STREAMS: streams.join(',') }),
  }
}

/** Two ports which were free a moment ago: the program cannot be told to choose. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const
  const ports = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }),
  )
  for (const server of servers) server.close()
  return [ports[0] ?? 0, ports[1] ?? 0]
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

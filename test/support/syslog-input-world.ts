import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { inputXml, type Parameters, validationXml } from '../fakes/splunkd/documents.ts'
import {
  askInput,
  type Outcome,
  runInput,
  type RunInputOptions,
  type RunningInput,
} from '../fakes/splunkd/input-process.ts'
import { bundledInput, type InputCommand } from './bundled-input.ts'
import { sessionKey } from './input-world.ts'
import { selfSigned } from './self-signed.ts'

/** Where tests listen: below the ports which the system gives to those who ask for any. */
const portRange = { from: 20_000, count: 10_000 } as const

/** The input `kinloader_syslog` as processes, and senders. */
export class SyslogInputWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'kinloader-syslog-'))
  readonly runs: RunningInput[] = []
  readonly #command: InputCommand
  readonly #sockets: Socket[] = []
  readonly #servers: Server[] = []

  private constructor(command: InputCommand) {
    this.#command = command
  }

  /** The bundle, or what else is started in its place. */
  static async start(command?: InputCommand): Promise<SyslogInputWorld> {
    return new SyslogInputWorld(command ?? (await bundledInput('kinloader_syslog')))
  }

  /** Starts the input as splunkd does, and waits until it listens. */
  async run(
    params: Parameters,
    options: Partial<Pick<RunInputOptions, 'onEvent' | 'paused'>> = {},
  ): Promise<RunningInput> {
    const input = this.start(params, options)
    await input.logged(/^INFO at=listening /)
    return input
  }

  start(params: Parameters, options: Partial<Pick<RunInputOptions, 'onEvent' | 'paused'>> = {}): RunningInput {
    const { command, args } = this.#command
    const input = runInput({
      command,
      args,
      env: { SPLUNK_HOME: this.folder },
      cwd: this.folder,
      inputXml: inputXml({
        sessionKey,
        checkpointDir: this.folder,
        stanzas: [
          {
            name: 'kinloader_syslog://a',
            params: { address: '127.0.0.1', hold_back: '200ms', metrics_interval: '1s', ...params },
          },
        ],
      }),
      ...options,
    })
    this.runs.push(input)
    return input
  }

  /** Asks as splunkd does before it saves an input. */
  validate(params: Parameters, { name = 'a', serverUri = '' } = {}): Promise<Outcome> {
    const { command, args } = this.#command
    return askInput({
      command,
      args: [...args, '--validate-arguments'],
      env: { SPLUNK_HOME: this.folder },
      stdin: validationXml({
        name,
        sessionKey,
        serverUri,
        checkpointDir: this.folder,
        params: { address: '127.0.0.1', ...params },
      }),
    })
  }

  /** A port which is free for UDP and TCP now. */
  async freePort(): Promise<number> {
    for (;;) {
      const port = portRange.from + Math.floor(Math.random() * portRange.count)
      const server = createServer()
      const socket = createSocket('udp4')
      try {
        server.listen(port, '127.0.0.1')
        await once(server, 'listening')
        socket.bind(port, '127.0.0.1')
        await once(socket, 'listening')
        return port
      } catch {
        // Somebody's; another one.
      } finally {
        if (server.listening) await new Promise((resolve) => server.close(resolve))
        await new Promise<void>((resolve) => {
          socket.close(resolve)
        })
      }
    }
  }

  /** Somebody else who listens. */
  async occupy(port: number): Promise<Server> {
    const server = createServer()
    this.#servers.push(server)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  }

  /** A file of the world's folder. */
  file(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }

  /** The arguments for TLS with a certificate made just now. */
  certificate(): { readonly certificate: string; readonly private_key: string } {
    const { cert, key } = selfSigned()
    return { certificate: this.file('server.pem', cert), private_key: this.file('server.key', key) }
  }

  async connect(port: number, { isTls = false, host = '127.0.0.1' } = {}): Promise<Sender> {
    const socket = isTls
      ? connectTls({ port, host, rejectUnauthorized: false })
      : connect({ port, host, allowHalfOpen: true })
    this.#sockets.push(socket)
    const sender = new Sender(socket)
    await once(socket, isTls ? 'secureConnect' : 'connect')
    return sender
  }

  /** Datagrams, one after the other, from one port. */
  async sendDatagrams(port: number, datagrams: readonly (string | Uint8Array)[], host = '127.0.0.1'): Promise<void> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    for (const datagram of datagrams) {
      await new Promise<void>((resolve, reject) => {
        socket.send(datagram, port, host, (error) => {
          if (error === null) resolve()
          else reject(error)
        })
      })
    }
    await new Promise<void>((resolve) => {
      socket.close(resolve)
    })
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    for (const server of this.#servers) server.close()
    for (const input of this.runs) {
      input.resume()
      await input.kill().catch(() => undefined)
      input.abandon()
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A sender on TCP or TLS, which notes how the other side ends. */
export class Sender {
  readonly socket: Socket
  /** `orderly` is a receipt. */
  readonly ended: Promise<'orderly' | 'reset'>

  constructor(socket: Socket) {
    this.socket = socket
    this.ended = new Promise((resolve) => {
      socket.once('end', () => {
        resolve('orderly')
      })
      socket.once('error', () => {
        resolve('reset')
      })
    })
    socket.resume()
  }

  /** Resolves when the kernel has taken it. */
  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => {
        if (error instanceof Error) reject(error)
        else resolve()
      })
    })
  }

  /** Half-closes, as one who waits for the receipt. */
  finish(bytes: string | Uint8Array = ''): Promise<'orderly' | 'reset'> {
    this.socket.end(bytes)
    return this.ended
  }
}

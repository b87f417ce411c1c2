import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeFirehose, type FakeFirehoseOptions, startFakeFirehose } from '../fakes/firehose/http-door.ts'
import { bundledCommands } from './bundled-commands.ts'
import { commandEnvironment, type CommandEnd, type CommandOptions, CommandProcess } from './spawned-command.ts'

/** A message as Firehose has it. */
export interface RelayedEvent {
  readonly group: string
  readonly stream: string
  readonly owner: string
  readonly id: string
  readonly timestamp: number
  readonly message: string
}

/** What the sender saw after its own end. */
export type ConnectionEnd = 'orderly' | 'reset'

/**
 * `kinesyslog listen` as a process of its own, the bundled command, between real sockets and a fake Firehose. Each world
 * has a loopback address of its own, so that none asks for the ports of another.
 */
export class RelayWorld {
  readonly firehose: FakeFirehose
  readonly folder = mkdtempSync(join(tmpdir(), 'kinloader-relay-'))
  readonly address = `127.${64 + randomByte(64)}.${randomByte(256)}.${1 + randomByte(250)}`
  readonly #program: string
  readonly #running = new Set<CommandProcess>()

  private constructor(firehose: FakeFirehose, program: string) {
    this.firehose = firehose
    this.#program = program
  }

  static async start(options: FakeFirehoseOptions = {}): Promise<RelayWorld> {
    const program = join(await bundledCommands(), 'kinesyslog.js')
    return new RelayWorld(await startFakeFirehose(options), program)
  }

  /** The command with these flags besides those every test needs; a later one of the same name counts. */
  run(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    options: Pick<CommandOptions, 'uid'> = {},
  ): CommandProcess {
    const { endpoint } = this.firehose
    const common = ['listen', '--stream=logs', `--address=${this.address}`, `--spool-dir=${this.folder}`]
    const region = 'AWS_REGION' in env ? [] : ['--region=us-east-1']
    const places = [...region, `--endpoint-url=${endpoint}`, '--buffer-seconds=0.2', '--upload-seconds=0.2']
    const running = CommandProcess.start(this.#program, [...common, ...places, ...args], {
      env: { ...commandEnvironment(this.folder), ...env },
      ...options,
    })
    this.#running.add(running)
    return running
  }

  /** Started, and listening on so many ports. */
  async listening(
    args: readonly string[],
    ports = 1,
    env: Readonly<Record<string, string>> = {},
  ): Promise<CommandProcess> {
    const running = this.run(args, env)
    await running.until('listening', () => running.stderr.split('at=listening').length > ports)
    return running
  }

  async connect(port: number): Promise<Socket> {
    const socket = connect({ host: this.address, port, allowHalfOpen: true })
    await once(socket, 'connect')
    return socket
  }

  /** Sends the bytes, ends, and waits for the other end's: an orderly one is the receipt. */
  async send(port: number, bytes: string | Uint8Array): Promise<ConnectionEnd> {
    const socket = await this.connect(port)
    socket.end(bytes)
    return endOf(socket)
  }

  async sendDatagrams(port: number, datagrams: readonly (string | Uint8Array)[]): Promise<void> {
    const socket = createSocket('udp4')
    try {
      for (const datagram of datagrams) {
        await new Promise<void>((resolve, reject) => {
          socket.send(datagram, port, this.address, (error) => {
            if (error === null) resolve()
            else reject(error)
          })
        })
      }
    } finally {
      socket.close()
    }
  }

  /** Everything that Firehose has, in the order of arrival. */
  events(): readonly RelayedEvent[] {
    return (this.firehose.documents() as readonly RelayDocument[]).flatMap(
      ({ owner, logGroup, logStream, logEvents }) =>
        logEvents.map((event) => ({ ...event, owner, group: logGroup, stream: logStream })),
    )
  }

  messages(): readonly string[] {
    return this.events().map(({ message }) => message)
  }

  /** A page of the metrics port. */
  async page(port: number, path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://${this.address}:${port}${path}`)
    return { status: response.status, text: await response.text() }
  }

  async stop(running: CommandProcess): Promise<CommandEnd> {
    this.#running.delete(running)
    return running.kill('SIGTERM')
  }

  async close(): Promise<void> {
    for (const running of this.#running) await running.kill('SIGKILL')
    this.#running.clear()
    await this.firehose.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** How a connection ends: `orderly` by a FIN, else by a reset. */
export async function endOf(socket: Socket): Promise<ConnectionEnd> {
  socket.resume()
  return new Promise((resolve) => {
    let isOrderly = false
    socket.once('end', () => {
      isOrderly = true
      socket.end()
    })
    socket.on('error', () => {
      // What it means is seen at the close.
    })
    socket.once('close', (hadError) => {
      resolve(isOrderly && !hadError ? 'orderly' : 'reset')
    })
  })
}

interface RelayDocument {
  readonly owner: string
  readonly logGroup: string
  readonly logStream: string
  readonly logEvents: readonly { readonly id: string; readonly timestamp: number; readonly message: string }[]
}

function randomByte(below: number): number {
  return Math.floor(Math.random() * below)
}

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { connect as connectTcp, type Socket, type TcpNetConnectOpts } from 'node:net'
import { setTimeout as realSleep } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { MessageBlock } from '../../src/core/message-block.ts'
import type { Delivery } from '../../src/core/source.ts'
import { systemClock } from '../../src/host/system-clock.ts'
import type { Listener } from '../../src/sources/sockets/listener.ts'
import type { SocketSourceOptions } from '../../src/sources/sockets/options.ts'
import { SocketSource } from '../../src/sources/sockets/source.ts'
import { LineFramer, LineHeader, PlainDatagrams } from './line-framer.ts'
import { RecordingLogger } from './recording-logger.ts'

export interface WorldOptions extends Partial<Omit<SocketSourceOptions, 'listeners' | 'stop'>> {
  readonly listeners: readonly (Partial<Listener> & Pick<Listener, 'transport'>)[]
  /** Nothing is released and acked but by `hold`'s hand. Default false: both at once. */
  readonly byHand?: boolean
  /** Somebody else reads the source. */
  readonly unread?: boolean
}

export interface Message {
  readonly text: string
  readonly address: string
  readonly port: number
  readonly lane: string
}

/** A source on free ports, and a consumer behind it which takes everything, or what it is told to. */
export class SocketWorld {
  readonly logger = new RecordingLogger()
  readonly stop = new AbortController()
  readonly failure = new AbortController()
  readonly source: SocketSource
  readonly messages: Message[] = []
  readonly deliveries: Delivery<MessageBlock>[] = []
  readonly datagrams: PlainDatagrams[] = []
  /** Resolves when `read` has ended. */
  readonly read: Promise<void>
  /** What is taken is accepted, and safe, at once. */
  accepts: boolean
  settles: boolean
  readonly #texts: string[] = []
  readonly #clients: Socket[] = []
  readonly #unreleased: Delivery<MessageBlock>[] = []
  readonly #unacked: Delivery<MessageBlock>[] = []
  #changed: () => void = () => {}

  constructor({ listeners, byHand = false, unread = false, ...options }: WorldOptions) {
    this.accepts = !byHand
    this.settles = !byHand
    this.source = new SocketSource({
      listeners: listeners.map((listener) => ({
        format: 'syslog',
        address: '127.0.0.1',
        port: 0,
        proxy: false,
        ...listener,
      })),
      createFramer: (_format, counters) => new LineFramer(counters),
      createDatagramReader: (_format, counters) => {
        const reader = new PlainDatagrams(counters)
        this.datagrams.push(reader)
        return reader
      },
      createProxyHeader: () => new LineHeader(),
      clock: systemClock,
      logger: this.logger,
      ...options,
      stop: this.stop.signal,
    })
    this.read = unread ? Promise.resolve() : this.#consume()
  }

  static async open(options: WorldOptions): Promise<SocketWorld> {
    const world = new SocketWorld(options)
    assert.deepEqual(await world.source.open(), [])
    return world
  }

  port(index = 0): number {
    return this.source.ports()[index] ?? 0
  }

  counter(name: string, index = 0): number {
    return this.source.listeners()[index]?.counters.get(name) ?? 0
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  /** Waits until it holds; looks at each delivery and, for what makes none, every few milliseconds. */
  async until(holds: () => boolean, what = 'what was awaited', withinMs = 5000): Promise<void> {
    for (const endMs = performance.now() + withinMs; !holds(); ) {
      if (performance.now() > endMs) throw new Error(`${what} did not come; there is ${JSON.stringify(this.#state())}`)
      const change = new Promise<void>((resolve) => {
        this.#changed = resolve
      })
      await Promise.race([change, realSleep(3)])
    }
  }

  release(): void {
    for (const delivery of this.#unreleased.splice(0)) {
      this.#unacked.push(delivery)
      delivery.release()
    }
  }

  /** The oldest so many, or all. */
  ack(count = this.#unacked.length): void {
    for (const delivery of this.#unacked.splice(0, count)) delivery.ack()
  }

  /** A sender on TCP, or on TLS with `tls`, and what it says before that. */
  async connect(
    options: Partial<TcpNetConnectOpts> & { index?: number; tls?: ConnectionOptions; before?: string } = {},
  ): Promise<Client> {
    const { index, tls, before = '', ...rest } = options
    const raw = connectTcp({ port: this.port(index), host: '127.0.0.1', allowHalfOpen: true, ...rest })
    this.#clients.push(raw)
    const client = new Client(raw)
    // Who is refused may be reset before it knows of the connection.
    await Promise.race([new Promise((resolve) => raw.once('connect', resolve)), client.ended])
    if (before !== '') await new Promise((resolve) => raw.write(before, resolve))
    return tls === undefined ? client : shaken(raw.removeAllListeners('data'), tls)
  }

  async sendDatagrams(
    texts: readonly (string | Uint8Array)[],
    { index = 0, host = '127.0.0.1', from = host }: { index?: number; host?: string; from?: string } = {},
  ): Promise<void> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
    await new Promise<void>((resolve) => socket.bind(0, from, resolve))
    for (const text of texts) {
      await new Promise((resolve) => {
        socket.send(text, this.port(index), host, resolve)
      })
    }
    socket.close()
  }

  /** So many datagrams before the listener gets to run. */
  sendBurst(count: number, bytes: number): void {
    const program = `
      const socket = require('node:dgram').createSocket('udp4')
      let left = ${count}
      for (let i = 0; i < ${count}; i++) socket.send(Buffer.alloc(${bytes}, 120), ${this.port()}, '127.0.0.1', () => {
        left -= 1
        if (left === 0) socket.close()
      })`
    execFileSync(process.execPath, ['-e', program])
  }

  /** Closes everything; nothing may be unaccounted for. */
  async end(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    this.failure.abort()
    await this.read
    await this.source.close(AbortSignal.timeout(1000))
  }

  /** received = accepted + dropped + discarded. */
  checkCounts(): void {
    for (const { counters } of this.source.listeners()) {
      const counts = Object.entries(counters.snapshot())
      const sum = counts
        .filter(([name]) => name === 'accepted' || name.startsWith('dropped.') || name.startsWith('discarded.'))
        .reduce((total, [, count]) => total + count, 0)
      assert.equal(counters.get('received'), sum, JSON.stringify(counts))
    }
  }

  #state(): unknown {
    return {
      counters: this.source.status(),
      deliveries: this.deliveries.length,
      last: this.texts.at(-1)?.slice(0, 100),
    }
  }

  async #consume(): Promise<void> {
    await Promise.resolve()
    for await (const delivery of this.source.read(this.failure.signal)) {
      this.deliveries.push(delivery)
      for (const { address, port, messages } of delivery.items) {
        for (const message of messages) {
          const text = Buffer.from(message).toString()
          this.#texts.push(text)
          this.messages.push({ text, address, port, lane: delivery.lane })
        }
      }
      this.#unreleased.push(delivery)
      if (this.accepts) this.release()
      if (this.settles) this.ack()
      this.#changed()
    }
  }
}

async function shaken(raw: Socket, options: ConnectionOptions): Promise<Client> {
  const socket = connectTls({ socket: raw, rejectUnauthorized: false, ...options })
  const client = new Client(socket)
  await Promise.race([new Promise((resolve) => socket.once('secureConnect', resolve)), client.ended])
  return client
}

/** A sender, which notes how the other side ends. */
export class Client {
  readonly socket: Socket
  received = ''
  /** `orderly`: a receipt. */
  readonly ended: Promise<'orderly' | 'reset'>

  constructor(socket: Socket) {
    this.socket = socket
    this.ended = new Promise((resolve) => {
      socket.on('end', () => {
        resolve('orderly')
      })
      socket.on('error', () => {
        resolve('reset')
      })
    })
    socket.on('data', (data) => {
      this.received += data.toString()
    })
  }

  send(text: string | Buffer): void {
    this.socket.write(text)
  }

  /** Half-closes, as one who waits for the receipt. */
  finish(text: string | Buffer = ''): Promise<'orderly' | 'reset'> {
    this.socket.end(text)
    return this.ended
  }
}

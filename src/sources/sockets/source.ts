import { isAborted } from '../../core/aborting.ts'
import { KinloaderError } from '../../core/errors.ts'
import type { MessageBlock } from '../../core/message-block.ts'
import { Counters } from '../../core/metrics.ts'
import type { Delivery, LaneStatus, Source } from '../../core/source.ts'
import { CidrList } from './cidr-list.ts'
import type { Room } from './room.ts'
import { DatagramListener } from './datagram-listener.ts'
import { kernelDrops } from './kernel-drops.ts'
import { defaultLimits, type SocketLimits } from './limits.ts'
import { type ListenFailure, type Listener, listenFailure } from './listener.ts'
import type { ListenerStatus, SocketSourceOptions } from './options.ts'
import { type SenderCount, SenderTally } from './sender-tally.ts'
import { StreamListener } from './stream-listener.ts'
import { TlsDoor } from './tls-door.ts'
import type { TlsSettings } from './tls-settings.ts'
import { Turns } from './turns.ts'

interface Post {
  readonly listener: Listener
  readonly counters: Counters
  readonly place: StreamListener | DatagramListener
}

const sweepMs = 1000
/** So long nothing new may come before a stop believes that nothing is readable, in milliseconds. */
const quietMs = 50
/** Addresses of which odd things are logged, each once. */
const maxTold = 1000

/** Messages which others send to us, over UDP, TCP and TLS: a block a read, a lane a connection or UDP port. */
export class SocketSource implements Source<MessageBlock> {
  readonly name = 'sockets'
  readonly #options: SocketSourceOptions
  readonly #limits: SocketLimits
  readonly #turns: Turns
  readonly #tally = new SenderTally()
  readonly #door: TlsDoor | undefined
  readonly #posts: readonly Post[]
  readonly #told = new Set<string>()
  readonly #closed = new AbortController()
  #sweeping: Promise<void> | undefined

  /** Throws `TLS_UNUSABLE` or `CIDR_INVALID`. */
  constructor(options: SocketSourceOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    this.#turns = new Turns(this.#limits.pendingBytes)
    this.#door = options.tls === undefined ? undefined : new TlsDoor(options.tls)
    const direct = new CidrList(options.allow ?? [], 'not_allowed')
    // Where nobody says which proxies are trusted, they are peers as all others: an open port on which any sender may
    // be named would make the list of those pointless.
    const { proxyTrusted = [] } = options
    const proxies = proxyTrusted.length === 0 ? direct : new CidrList(proxyTrusted, 'proxy_untrusted')
    this.#posts = options.listeners.map((listener) => this.#post(listener, { direct, proxies }))
  }

  /**
   * Binds all listeners. Those which could not be are told together; the others stay bound, whatever the caller does.
   * Once more: tries those which are not bound, until the stop.
   */
  async open(): Promise<readonly ListenFailure[]> {
    if (this.#options.stop.aborted) return []
    const failures = await Promise.all(
      this.#posts.map(async ({ listener, place }) => {
        if (place.isOpen) return undefined
        try {
          await place.open()
        } catch (error) {
          return listenFailure(listener, error)
        }
        this.#options.logger.info('listening', {
          transport: listener.transport,
          address: listener.address,
          port: place.port,
          receive_bytes: place instanceof DatagramListener ? place.receiveBytes : undefined,
        })
        return undefined
      }),
    )
    this.#sweeping ??= this.#sweep()
    return failures.filter((failure) => failure !== undefined)
  }

  /** The ports which are bound, in the order of the listeners; 0 for those which are not. */
  ports(): readonly number[] {
    return this.#posts.map(({ place }) => place.port)
  }

  listeners(): readonly ListenerStatus[] {
    return this.#posts.map(({ listener, counters, place }) => ({
      listener,
      port: place.port,
      isListening: place.isOpen,
      counters,
      openConnections: place instanceof StreamListener ? place.connections : 0,
      receiveBytes: place instanceof DatagramListener ? place.receiveBytes : 0,
      pendingSets: place instanceof DatagramListener ? place.pendingSets : 0,
    }))
  }

  /** What was accepted of each sender; at most some 1,000. */
  senders(): readonly Readonly<SenderCount>[] {
    return this.#tally.entries()
  }

  get openConnections(): number {
    let connections = 0
    for (const { place } of this.#posts) if (place instanceof StreamListener) connections += place.connections
    return connections
  }

  /** Bytes in memory: on their way to the sink, waiting for their turn, and of incomplete messages. */
  get pendingBytes(): number {
    return this.#posts.reduce((bytes, { place }) => bytes + place.heldBytes, this.#turns.bytes)
  }

  /** Datagrams the kernel dropped, by UDP port; undefined where the system does not tell. */
  async kernelDrops(): Promise<ReadonlyMap<number, number | undefined>> {
    const ports = this.#posts.filter(({ place }) => place instanceof DatagramListener).map(({ place }) => place.port)
    return new Map(await Promise.all(ports.map(async (port) => [port, await kernelDrops(port)] as const)))
  }

  /** For connections from now on. Throws `TLS_UNUSABLE`, and the old settings stay in use. */
  reloadTls(settings: TlsSettings): void {
    this.#door?.reload(settings)
  }

  async *read(signal: AbortSignal): AsyncGenerator<Delivery<MessageBlock>> {
    const { stop } = this.#options
    const end = (): void => {
      this.#turns.end()
    }
    const wind = (): void => {
      void this.#windDown(signal)
    }
    signal.addEventListener('abort', end)
    stop.addEventListener('abort', wind)
    if (signal.aborted) end()
    else if (stop.aborted) wind()
    try {
      for (let next = await this.#turns.next(); next !== undefined; next = await this.#turns.next()) yield next
    } finally {
      signal.removeEventListener('abort', end)
      stop.removeEventListener('abort', wind)
    }
  }

  async close(deadline: AbortSignal): Promise<void> {
    if (!this.#closed.signal.aborted) this.#dropRest()
    this.#closed.abort()
    await Promise.all(this.#posts.map(({ place }) => place.close(deadline)))
  }

  /**
   * Resets whoever has no receipt on its way, at once. For the end of the process: the kernel closes what is left in an
   * orderly way, and that would be a receipt.
   */
  reset(): void {
    for (const { place } of this.#posts) if (place instanceof StreamListener) place.reset()
  }

  status(): readonly LaneStatus[] {
    return this.listeners().map(({ listener, port, isListening, counters, openConnections }) => ({
      lane: `${listener.transport}/${port}`,
      state: !isListening ? 'closed' : listener.transport === 'udp' ? 'listening' : `${openConnections} connections`,
      position: '',
      lagMs: undefined,
      counters: counters.snapshot(),
    }))
  }

  /** Stop accepting, take what is readable, then what is in memory; the end comes when the sink has accepted it. */
  async #windDown(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const { drainMs, releaseMs } = this.#limits
    for (const { place } of this.#posts) if (place instanceof StreamListener) place.stopAccepting()
    const untilMs = clock.monotonic() + drainMs
    for (let seen = -1; !signal.aborted && clock.monotonic() < untilMs; ) {
      const now = this.#work()
      if (seen === now && this.#turns.isQuiet) break
      seen = now
      await clock.sleep(Math.min(quietMs, untilMs - clock.monotonic()), signal)
    }
    for (const { place } of this.#posts) {
      if (place instanceof StreamListener) place.cut()
      else void place.close()
    }
    const late = new AbortController()
    await Promise.race([this.#turns.untilQuiet(), clock.sleep(releaseMs, AbortSignal.any([signal, late.signal]))])
    late.abort()
    if (!isAborted(signal)) this.#turns.end()
  }

  /** What the sink did not accept until the end, on a full disk, say: nobody will any more. */
  #dropRest(): void {
    let messages = 0
    for (const { counters, place } of this.#posts) {
      const { unaccepted } = place
      if (unaccepted > 0) counters.add('dropped.stopped', unaccepted)
      messages += unaccepted
    }
    if (messages > 0) this.#options.logger.warn('dropped', { reason: 'stopped', messages })
  }

  /** A number which changes when anything was read. */
  #work(): number {
    return this.#posts.reduce(
      (sum, { place }) => sum + (place instanceof DatagramListener ? place.arrived : 0),
      this.#turns.taken,
    )
  }

  async #sweep(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#closed
    while (!signal.aborted) {
      await clock.sleep(sweepMs, signal)
      for (const { place } of this.#posts) place.sweep(clock.monotonic())
    }
  }

  #post(listener: Listener, peers: { readonly direct: CidrList; readonly proxies: CidrList }): Post {
    const { createFramer, createDatagramReader, createProxyHeader, clock } = this.#options
    const counters = new Counters()
    const room: Room = {
      clock,
      counters,
      turns: this.#turns,
      tally: this.#tally,
      tellOnce: (address, what) => {
        this.#tellOnce(address, what)
      },
    }
    if (listener.transport === 'udp') {
      const reader = createDatagramReader(listener.format, counters)
      const place = new DatagramListener({ listener, room, limits: this.#limits, peers: peers.direct, reader })
      return { listener, counters, place }
    }
    if (listener.transport === 'tls' && this.#door === undefined) {
      throw new KinloaderError('TLS_UNUSABLE', `TLS port ${listener.port} has no certificate: give one, and its key`)
    }
    const place = new StreamListener({
      listener,
      room,
      limits: this.#limits,
      peers: listener.proxy ? peers.proxies : peers.direct,
      door: listener.transport === 'tls' ? this.#door : undefined,
      createFramer: () => createFramer(listener.format, counters),
      createProxyHeader,
      hasRoom: () => this.openConnections < this.#limits.maxConnections,
    })
    return { listener, counters, place }
  }

  #tellOnce(address: string, what: string): void {
    if (this.#told.has(address) || this.#told.size >= maxTold) return
    this.#told.add(address)
    this.#options.logger.warn('refused', { source: address, reason: what })
  }
}

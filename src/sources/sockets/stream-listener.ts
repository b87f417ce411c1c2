import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Framer } from '../../core/framer.ts'
import { untilAborted } from '../../core/aborting.ts'
import { peerAddress } from './peer-address.ts'
import { Arrival, type Arrived, type ProxyHeader } from './arrival.ts'
import type { CidrList, PeerRefusal } from './cidr-list.ts'
import { Connection } from './connection.ts'
import type { Room } from './room.ts'
import type { SocketLimits } from './limits.ts'
import type { Listener } from './listener.ts'
import type { TlsDoor } from './tls-door.ts'

export interface StreamListenerOptions {
  readonly listener: Listener
  readonly room: Room
  readonly limits: SocketLimits
  /** Peers let in, be they senders or proxies. */
  readonly peers: CidrList
  /** For TLS. */
  readonly door: TlsDoor | undefined
  readonly createFramer: () => Framer
  readonly createProxyHeader: () => ProxyHeader
  /** Whether one more connection may come, over all listeners. */
  readonly hasRoom: () => boolean
}

/** What of a connection is kept in the stream, in bytes: one which cannot be taken holds that and one read more. */
const streamBytes = 16_384
/** So many at a time may keep more: a sender who is alone should be taken in large pieces, a thousand must not add up. */
const maxLargeStreams = 32
const largeStreamBytes = 262_144

/** One TCP or TLS port and its connections. */
export class StreamListener {
  readonly #options: StreamListenerOptions
  readonly #server: Server
  /** By raw socket; those which left, but of which something is on its way, included. */
  readonly #guests = new Map<Socket, Arrival | Connection>()
  readonly #large = new Set<Socket>()
  #port = 0
  #guestCount = 0
  #isOpen = false
  #allGone: () => void = () => {}

  constructor(options: StreamListenerOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, keepAlive: true, highWaterMark: streamBytes }, (raw) => {
      this.#welcome(raw)
    })
  }

  get port(): number {
    return this.#port
  }

  get connections(): number {
    return this.#guests.size
  }

  /** Whether it accepts. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  get heldBytes(): number {
    let bytes = 0
    for (const guest of this.#guests.values()) if (guest instanceof Connection) bytes += guest.heldBytes
    return bytes
  }

  /** Messages which were received, and not accepted yet. */
  get unaccepted(): number {
    let messages = 0
    for (const guest of this.#guests.values()) if (guest instanceof Connection) messages += guest.unaccepted
    return messages
  }

  /** Rejects with the system's error. */
  async open(): Promise<void> {
    const { address, port } = this.#options.listener
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host: address, port, exclusive: true }, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    // Out of file descriptors, say: the connection is gone, the listener stays.
    this.#server.on('error', () => {
      this.#options.room.counters.add('connections_refused.system')
    })
    this.#port = (this.#server.address() as AddressInfo).port
    this.#isOpen = true
  }

  sweep(nowMs: number): void {
    for (const guest of this.#guests.values()) guest.sweep(nowMs, this.#options.limits.idleTimeoutMs)
  }

  /** No new connections. */
  stopAccepting(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#server.close()
  }

  /** What is in memory of each connection is taken; who has not begun is reset. */
  cut(): void {
    for (const guest of this.#guests.values()) {
      if (guest instanceof Connection) guest.cut()
      else guest.reset()
    }
  }

  /** Resets whoever has no receipt on its way. */
  reset(): void {
    for (const guest of this.#guests.values()) {
      if (!(guest instanceof Connection && guest.isEnding)) guest.reset()
    }
  }

  /** The same, and the others get until the deadline. */
  async close(deadline: AbortSignal): Promise<void> {
    this.stopAccepting()
    for (const raw of this.#guests.keys()) if (raw.destroyed) this.#guests.delete(raw)
    this.reset()
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve
    })
    if ([...this.#guests.keys()].some((raw) => !raw.destroyed)) await Promise.race([gone, untilAborted(deadline)])
    for (const raw of this.#guests.keys()) raw.destroy()
  }

  #welcome(raw: Socket): void {
    const { listener, room, limits, peers, door, createProxyHeader, hasRoom } = this.#options
    const { counters } = room
    const refusal = !hasRoom() ? 'max_connections' : this.#peerRefusal(raw, peers)
    if (refusal !== undefined) {
      if (refusal !== 'gone') counters.add(`connections_refused.${refusal}`)
      raw.on('error', () => {})
      // Not an orderly end, which would be a receipt.
      raw.resetAndDestroy()
      return
    }
    counters.add('connections_opened')
    // Here, and not later, the address is known for sure.
    const address = peerAddress(raw.remoteAddress ?? '')
    const arrival = new Arrival({
      raw,
      counters,
      clock: room.clock,
      proxyHeader: listener.proxy ? createProxyHeader() : undefined,
      door,
      proxyHeaderTimeoutMs: limits.proxyHeaderTimeoutMs,
      handshakeTimeoutMs: limits.handshakeTimeoutMs,
      arrived: (arrived) => {
        this.#seat(raw, address, arrived)
      },
    })
    // A plain connection has arrived by now.
    if (!this.#guests.has(raw)) this.#guests.set(raw, arrival)
    raw.on('close', () => {
      if (!(this.#guests.get(raw) instanceof Connection)) this.#leave(raw)
      else if ([...this.#guests.keys()].every((other) => other.destroyed)) this.#allGone()
    })
  }

  #peerRefusal({ remoteAddress }: Socket, peers: CidrList): 'gone' | PeerRefusal | undefined {
    if (remoteAddress === undefined) return 'gone'
    return peers.allows(peerAddress(remoteAddress)) ? undefined : peers.refusal
  }

  #seat(raw: Socket, address: string, { socket, proxied }: Arrived): void {
    const { listener, room, createFramer } = this.#options
    this.#guestCount += 1
    const isLarge = this.#large.size < maxLargeStreams
    if (isLarge) this.#large.add(raw)
    const connection = new Connection(
      {
        lane: `${listener.transport}/${this.#port}#${this.#guestCount}`,
        socket,
        raw,
        framer: createFramer(),
        format: listener.format,
        address: proxied?.address ?? address,
        port: proxied?.port ?? this.#port,
        streamBytes: isLarge ? largeStreamBytes : streamBytes,
        left: () => {
          this.#leave(raw)
        },
      },
      room,
    )
    this.#guests.set(raw, connection)
  }

  #leave(raw: Socket): void {
    this.#guests.delete(raw)
    this.#large.delete(raw)
    if (this.#guests.size === 0) this.#allGone()
  }
}

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { MessageBlock } from '../../core/message-block.ts'
import { Messages } from '../../core/messages.ts'
import type { Delivery } from '../../core/source.ts'
import { peerAddress } from './peer-address.ts'
import type { CidrList } from './cidr-list.ts'
import type { Room } from './room.ts'
import type { SocketLimits } from './limits.ts'
import type { Listener } from './listener.ts'
import type { Waiter } from './turns.ts'

/** Makes messages of the datagrams of one listener. */
export interface DatagramReader {
  /** The message which the datagram is or completes. `senderKey` tells senders apart; the clock of `nowMs` never goes back. */
  push(datagram: Uint8Array, senderKey: string, nowMs: number): Uint8Array | undefined
  /** Forgets what did not become complete in its time; each second. */
  sweep(nowMs: number): void
  /** Messages of which something is missing yet, and the bytes of memory they take. */
  readonly pendingSets: number
  readonly pendingBytes: number
}

export interface DatagramListenerOptions {
  readonly listener: Listener
  readonly room: Room
  readonly limits: SocketLimits
  readonly peers: CidrList
  readonly reader: DatagramReader
}

interface GrowingBlock extends Omit<MessageBlock, 'messages'> {
  readonly datagrams: Uint8Array[]
  bytes: number
}

/** A block of one sender goes on for so long, in milliseconds: all its messages have the time of the first. */
const blockMs = 100
/** And is no larger than that, in bytes, but for its last message: a journal takes 16 MiB. */
const blockBytes = 1024 * 1024
/** What a message may keep alive, in bytes, beyond twice its length. */
const freeMemoryBytes = 64

/**
 * One UDP port. Nobody can be told to wait, so what arrives while a delivery is on its way is kept in memory, up to the
 * limits; then the newest is dropped and counted.
 */
export class DatagramListener implements Waiter {
  readonly upcomingBytes = 0
  readonly #options: DatagramListenerOptions
  readonly #socket: Socket
  #port = 0
  #isOpen = false
  #isInLine = false
  #isUnreleased = false
  #arrived = 0
  #receiveBytes = 0
  #blocks: GrowingBlock[] = []
  #current = new Map<string, GrowingBlock>()
  /** What is queued and what is on its way. */
  #heldBytes = 0
  #heldMessages = 0
  #lastAllowed = ''

  constructor(options: DatagramListenerOptions) {
    this.#options = options
    this.#socket = createSocket({ type: isIPv6(options.listener.address) ? 'udp6' : 'udp4' })
  }

  get port(): number {
    return this.#port
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  get heldBytes(): number {
    return this.#heldBytes + this.#options.reader.pendingBytes
  }

  /** Messages which were received, and not accepted yet. */
  get unaccepted(): number {
    return this.#heldMessages
  }

  get pendingSets(): number {
    return this.#options.reader.pendingSets
  }

  /** Datagrams since the start. */
  get arrived(): number {
    return this.#arrived
  }

  /** The receive buffer which the kernel has granted; Linux counts its own overhead in, so it doubles what is asked for. */
  get receiveBytes(): number {
    return this.#receiveBytes
  }

  /** Rejects with the system's error. */
  async open(): Promise<void> {
    const { listener, limits } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject)
      this.#socket.bind({ address: listener.address, port: listener.port, exclusive: true }, () => {
        this.#socket.off('error', reject)
        resolve()
      })
    })
    this.#socket.on('error', () => {
      this.#options.room.counters.add('receive_errors')
    })
    this.#port = this.#socket.address().port
    this.#isOpen = true
    this.#socket.setRecvBufferSize(limits.udpReceiveBytes)
    this.#receiveBytes = this.#socket.getRecvBufferSize()
    this.#socket.on('message', this.#receive)
  }

  sweep(): void {
    this.#options.reader.sweep(this.#options.room.clock.monotonic())
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await new Promise<void>((resolve) => this.#socket.close(resolve))
  }

  take(): Delivery<MessageBlock> | undefined {
    this.#isInLine = false
    const { listener, room } = this.#options
    const blocks = this.#blocks
    if (blocks.length === 0) return undefined
    this.#blocks = []
    this.#current = new Map()
    let bytes = 0
    let count = 0
    for (const block of blocks) {
      bytes += block.bytes
      count += block.datagrams.length
    }
    // The tally is taken now, so that the delivery's items do not live until its ack.
    const senders = blocks.map(({ address, datagrams, bytes: size }) => ({ address, messages: datagrams.length, size }))
    this.#isUnreleased = true
    room.turns.hold(0)
    return {
      lane: `${listener.transport}/${this.#port}`,
      items: blocks.map(({ datagrams, bytes: size, ...block }) => ({
        ...block,
        messages: Messages.joined(datagrams, datagrams.length, size),
      })),
      bytes,
      release: () => {
        room.counters.add('accepted', count)
        for (const { address, messages, size } of senders) room.tally.add(address, this.#port, messages, size)
        this.#heldBytes -= bytes
        this.#heldMessages -= count
        this.#isUnreleased = false
        if (this.#blocks.length > 0) this.#ask()
        room.turns.free(0)
      },
      ack: () => {},
    }
  }

  readonly #receive = (datagram: Buffer, { address: peer }: RemoteInfo): void => {
    const { room, limits, reader } = this.#options
    const { counters, clock } = room
    this.#arrived += 1
    const address = peerAddress(peer)
    if (!this.#allows(address)) {
      counters.add('received')
      counters.add('dropped.not_allowed')
      return
    }
    const message = reader.push(datagram, address, clock.monotonic())
    if (message === undefined) return
    const { length } = message
    if (this.#heldBytes + length > limits.udpQueueBytes || this.#heldMessages >= limits.udpQueueDatagrams) {
      counters.add('dropped.queue_full')
      return
    }
    this.#heldBytes += length
    this.#heldMessages += 1
    const block = this.#blockOf(address, clock.now())
    block.datagrams.push(withLittleMemory(message))
    block.bytes += length
    if (!this.#isInLine && !this.#isUnreleased) this.#ask()
  }

  #allows(address: string): boolean {
    if (address === this.#lastAllowed) return true
    const allowed = this.#options.peers.allows(address)
    if (allowed) this.#lastAllowed = address
    return allowed
  }

  #blockOf(address: string, nowMs: number): GrowingBlock {
    const known = this.#current.get(address)
    if (known !== undefined && known.bytes < blockBytes && Math.abs(nowMs - known.receivedMs) < blockMs) return known
    const { format } = this.#options.listener
    const block = { format, address, port: this.#port, receivedMs: nowMs, datagrams: [], bytes: 0 }
    this.#current.set(address, block)
    this.#blocks.push(block)
    return block
  }

  #ask(): void {
    this.#isInLine = true
    this.#options.room.turns.ask(this)
  }
}

/**
 * A copy if the message is a small part of its memory, which the queue would not count: one byte before 60,000 line
 * feeds, say, or what was allocated for inflating. An ordinary datagram is all of its memory.
 */
function withLittleMemory(message: Uint8Array): Uint8Array {
  return message.buffer.byteLength > freeMemoryBytes + 2 * message.length ? new Uint8Array(message) : message
}

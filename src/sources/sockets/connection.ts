import type { Socket } from 'node:net'
import type { Framer } from '../../core/framer.ts'
import type { MessageBlock, MessageFormat } from '../../core/message-block.ts'
import type { Messages } from '../../core/messages.ts'
import type { Delivery } from '../../core/source.ts'
import { FramedStream } from './framed-stream.ts'
import type { Room } from './room.ts'
import type { Waiter } from './turns.ts'

export interface ConnectionOptions {
  readonly lane: string
  /** What messages are read from: `raw` itself, or the TLS socket above it. */
  readonly socket: Socket
  readonly raw: Socket
  readonly framer: Framer
  readonly format: MessageFormat
  readonly address: string
  readonly port: number
  /** What the stream may keep, in bytes; it keeps no less than it was made for. */
  readonly streamBytes: number
  /** Called once, when the socket is closed and nothing of it is on its way to the sink any more. */
  readonly left: () => void
}

/** How long an end of ours may take, in milliseconds, before the connection is reset. */
const endingMs = 10_000

const httpAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

/**
 * One sender's connection, from its first message on.
 *
 *     'readable' ── in line ── take: read all, frame ──▶ delivery ── release ── in line again …
 *     'end' ── in line ── take: the rest ──▶ delivery ── all acked ── our end
 *
 * Between a delivery and its release nothing is read, so the stream's buffer fills, then the kernel's, then the sender
 * waits. Our orderly end is a receipt: only who has ended, and of whom everything is safe, gets it. Everybody else is
 * reset, whatever the reason, so that nobody takes a farewell for a receipt.
 */
export class Connection implements Waiter {
  readonly #room: Room
  readonly #options: ConnectionOptions
  readonly #stream: FramedStream
  #isInLine = false
  /** Messages of the delivery which is on its way; undefined when none is. */
  #unreleased: number | undefined
  #unacked = 0
  /** The sender has ended in an orderly way. */
  #hasEnded = false
  #isClosed = false
  /** One more read, then the end: the sender was not asked. */
  #isCut = false
  /** Nothing is read any more. */
  #isDrained = false
  /** The framer has given its last. */
  #isOver = false
  /** All that was sent until the sender's end is on its way. */
  #isWhole = false
  #activeMs: number
  #waitingSinceMs: number | undefined
  #endByMs = Number.POSITIVE_INFINITY

  constructor(options: ConnectionOptions, room: Room) {
    this.#options = options
    this.#room = room
    this.#activeMs = room.clock.monotonic()
    const { socket, raw } = options
    // Reset, broken pipe: 'close' follows.
    socket.on('error', () => {})
    if (raw !== socket) raw.on('error', () => {})
    socket.on('end', this.#ended)
    socket.on('close', this.#closed)
    socket.on('readable', this.#readable)
    const { framer, streamBytes } = options
    this.#stream = new FramedStream({ socket, framer, counters: room.counters, streamBytes })
    if (socket.readableLength > 0) this.#ask()
  }

  get upcomingBytes(): number {
    // 1: an empty turn is bounded, too.
    return this.#options.socket.readableLength + this.#options.framer.heldBytes + 1
  }

  /** Bytes in memory which are not on their way yet. */
  get heldBytes(): number {
    return this.#options.socket.readableLength + (this.#isOver ? 0 : this.#options.framer.heldBytes)
  }

  /** Messages which were received, and not accepted yet. */
  get unaccepted(): number {
    return this.#unreleased ?? 0
  }

  take(): Delivery<MessageBlock> | undefined {
    this.#isInLine = false
    this.#countPause()
    const { framer } = this.#options
    if (this.#isOver) return undefined
    if (!this.#isDrained) {
      const messages = this.#stream.read()
      if (this.#isCut) this.#isDrained = true
      if (messages !== undefined) {
        this.#activeMs = this.#room.clock.monotonic()
        const { refusal } = framer
        if (refusal !== undefined) this.#refuse(refusal)
        if (messages.length > 0) return this.#deliver(messages)
        if (refusal !== undefined) {
          // 'close' may have come before its turn did, and comes once.
          this.#leave()
          return undefined
        }
      }
    }
    // 'end' comes when everything before it was read; a stream which was closed gives up what it holds in one read.
    if (!(this.#isCut || this.#hasEnded || this.#isClosed)) return undefined
    return this.#finish()
  }

  /** Looks whether the sender is silent for too long, or our end takes too long. 0: it may be silent for ever. */
  sweep(nowMs: number, idleTimeoutMs: number): void {
    if (nowMs > this.#endByMs) this.reset()
    if (idleTimeoutMs === 0 || this.#isOver || this.#isCut || this.#isInLine || this.#unreleased !== undefined) return
    if (nowMs - this.#activeMs > idleTimeoutMs && this.#options.socket.readableLength === 0) {
      this.#room.counters.add('closed.idle')
      this.cut()
    }
  }

  /** Takes what is in memory, a partial line included, and resets the sender unless it has ended. */
  cut(): void {
    if (this.#isCut || this.#isOver) return
    this.#isCut = true
    this.#ask()
  }

  /** Whether our orderly end is on its way. */
  get isEnding(): boolean {
    return this.#endByMs !== Number.POSITIVE_INFINITY
  }

  /** The end without a receipt. */
  reset(): void {
    const { raw } = this.#options
    if (!raw.destroyed) raw.resetAndDestroy()
  }

  readonly #readable = (): void => {
    this.#ask()
  }

  readonly #ended = (): void => {
    this.#hasEnded = true
    this.#ask()
  }

  readonly #closed = (): void => {
    this.#isClosed = true
    this.#ask()
    this.#leave()
  }

  #ask(): void {
    if (this.#isOver) return
    this.#waitingSinceMs ??= this.#room.clock.monotonic()
    if (this.#isInLine || this.#unreleased !== undefined) return
    this.#isInLine = true
    this.#room.turns.ask(this)
  }

  #countPause(): void {
    if (this.#waitingSinceMs === undefined) return
    const pausedMs = Math.round(this.#room.clock.monotonic() - this.#waitingSinceMs)
    this.#waitingSinceMs = undefined
    if (pausedMs > 0) this.#room.counters.add('paused_ms', pausedMs)
  }

  #deliver(pieces: readonly Messages[]): Delivery<MessageBlock> {
    const { lane, format, address, port } = this.#options
    const { clock, turns } = this.#room
    const count = pieces.reduce((sum, messages) => sum + messages.count, 0)
    const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
    const receivedMs = clock.now()
    this.#unreleased = count
    this.#unacked += 1
    turns.hold(bytes)
    return {
      lane,
      items: pieces.map((messages) => ({ format, address, port, receivedMs, messages })),
      bytes,
      release: () => {
        this.#release(count, bytes)
      },
      ack: this.#ack,
    }
  }

  #release(messages: number, bytes: number): void {
    const { counters, tally, turns } = this.#room
    const { address, port, socket } = this.#options
    counters.add('accepted', messages)
    tally.add(address, port, messages, bytes)
    this.#unreleased = undefined
    if (socket.readableLength > 0 || this.#hasEnded || this.#isCut || this.#isClosed) this.#ask()
    turns.free(bytes)
    this.#leave()
  }

  readonly #ack = (): void => {
    this.#unacked -= 1
    this.#settle()
  }

  /** The rest of the framer; the connection is over. */
  #finish(): Delivery<MessageBlock> | undefined {
    const { framer } = this.#options
    const messages = this.#stream.end()
    const { refusal } = framer
    this.#isOver = true
    this.#isWhole = this.#hasEnded && !this.#stream.hasLost && refusal === undefined
    if (refusal !== undefined) this.#refuse(refusal)
    else if (!this.#isWhole) this.reset()
    if (messages.length > 0) return this.#deliver(messages)
    this.#settle()
    this.#leave()
    return undefined
  }

  #refuse(refusal: NonNullable<Framer['refusal']>): void {
    const { counters, tellOnce } = this.#room
    const { socket, address } = this.#options
    this.#isOver = true
    counters.add(`closed.${refusal}`)
    if (refusal !== 'http_check') {
      if (refusal === 'tls_hello') tellOnce(address, 'TLS on a plain port: the sender must be set to plain TCP')
      this.reset()
      return
    }
    // What the balancer may still say is not read by anybody; closing before it would reset our answer.
    socket.off('readable', this.#readable)
    socket.resume()
    this.#end(httpAnswer)
  }

  /** The receipt, as soon as it is true. */
  #settle(): void {
    if (this.#isWhole && this.#unacked === 0) this.#end('')
  }

  #end(lastWords: string): void {
    const { socket } = this.#options
    this.#endByMs = this.#room.clock.monotonic() + endingMs
    if (!socket.destroyed) socket.end(lastWords)
  }

  #leave(): void {
    if (this.#isClosed && this.#isOver && this.#unreleased === undefined) this.#options.left()
  }
}

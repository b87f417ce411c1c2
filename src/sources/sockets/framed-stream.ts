import type { Socket } from 'node:net'
import type { Framer } from '../../core/framer.ts'
import { Messages } from '../../core/messages.ts'
import type { Counters } from '../../core/metrics.ts'

export interface FramedStreamOptions {
  readonly socket: Socket
  readonly framer: Framer
  /** Where the framer counts. */
  readonly counters: Counters
  /** What the stream may keep, in bytes; it keeps no less than it was made for. */
  readonly streamBytes: number
}

/** The messages of one connection's stream. */
export class FramedStream {
  readonly #socket: Socket
  readonly #framer: Framer
  readonly #counters: Counters
  #hasLost = false

  constructor({ socket, framer, counters, streamBytes }: FramedStreamOptions) {
    this.#socket = socket
    this.#framer = framer
    this.#counters = counters
    // Nothing is there to be read: a stream grows its limit to what is asked of it.
    if (socket.readableLength === 0) socket.read(streamBytes)
  }

  /** Of what was sent something was discarded or dropped. */
  get hasLost(): boolean {
    return this.#hasLost
  }

  /**
   * All that is in the stream; undefined when that is nothing. In pieces, as they came from the system: of two at once
   * the stream makes a copy.
   */
  read(): readonly Messages[] | undefined {
    const messages: Messages[] = []
    // What a small stream holds comes at once, for it would grow its limit to the piece.
    const pieceBytes = this.#socket.readableHighWaterMark < systemReadBytes ? Infinity : systemReadBytes
    let hasRead = false
    for (let left = this.#socket.readableLength; ; left -= pieceBytes) {
      const chunk = (left > pieceBytes ? this.#socket.read(pieceBytes) : this.#socket.read()) as Buffer | null
      if (chunk === null) break
      hasRead = true
      messages.push(...this.#framed(() => this.#framer.push(chunk)))
      if (left <= pieceBytes || this.#framer.refusal !== undefined) break
    }
    return hasRead ? messages : undefined
  }

  /** What is left in the framer; nothing is read any more. */
  end(): readonly Messages[] {
    return this.#framed(() => this.#framer.end())
  }

  /** What the framer gives; it also counts as received what it does not give. */
  #framed(frame: () => readonly Messages[]): readonly Messages[] {
    const before = this.#counters.get('received')
    const pieces = frame()
    const count = pieces.reduce((sum, piece) => sum + piece.count, 0)
    if (this.#counters.get('received') - before !== count) this.#hasLost = true
    return pieces.map(withoutGaps)
  }
}

/** Who sends next to nothing but line feeds, or what is cut off or dropped, shall not fill the disk with it. */
function withoutGaps(messages: Messages): Messages {
  const { start, end, count, byteLength } = messages
  const gapBytes = end - start - byteLength
  return gapBytes > freeGapBytes + byteLength ? Messages.joined(messages, count, byteLength) : messages
}

/** What libuv reads at once, in bytes. */
const systemReadBytes = 65_536
/** A journal keeps what stands between messages, too: so much of it, in bytes, and as much again as the messages have. */
const freeGapBytes = 4096

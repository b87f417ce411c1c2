import type { Framer, FramerRefusal } from '../../src/core/framer.ts'
import { Messages } from '../../src/core/messages.ts'
import type { Counters } from '../../src/core/metrics.ts'
import type { ProxyHeader, ProxyResult } from '../../src/sources/sockets/arrival.ts'
import type { DatagramReader } from '../../src/sources/sockets/datagram-listener.ts'

/** A stand-in: lines. One which begins with `!` and a refusal is refused, `#` begins a frame which is lost when partial. */
export class LineFramer implements Framer {
  refusal: FramerRefusal | undefined
  readonly #counters: Counters
  #held = Buffer.alloc(0)

  constructor(counters: Counters) {
    this.#counters = counters
  }

  get heldBytes(): number {
    return this.#held.length
  }

  push(chunk: Uint8Array): readonly Messages[] {
    const bytes = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : Buffer.from(chunk)
    const messages = new Messages(bytes)
    let at = 0
    for (let end = bytes.indexOf(10); end >= 0 && this.refusal === undefined; end = bytes.indexOf(10, at)) {
      if (bytes[at] === 33) this.refusal = bytes.toString('latin1', at + 1, end) as FramerRefusal
      else messages.add(at, end)
      at = end + 1
    }
    this.#held = bytes.subarray(at)
    this.#counters.add('received', messages.count)
    return messages.count > 0 ? [messages] : []
  }

  end(): readonly Messages[] {
    if (this.#held.length === 0 || this.refusal !== undefined) return []
    if (this.#held[0] === 33) {
      this.refusal = this.#held.toString('latin1', 1) as FramerRefusal
      return []
    }
    this.#counters.add('received')
    if (this.#held[0] !== 35) return [Messages.joined([this.#held], 1, this.#held.length)]
    this.#counters.add('discarded.partial_frame')
    return []
  }
}

/** A stand-in: each datagram is a message. */
export class PlainDatagrams implements DatagramReader {
  readonly pendingSets = 0
  readonly pendingBytes = 0
  swept = 0
  readonly senders = new Set<string>()
  readonly #counters: Counters

  constructor(counters: Counters) {
    this.#counters = counters
  }

  push(datagram: Uint8Array, senderKey: string): Uint8Array | undefined {
    this.senders.add(senderKey)
    this.#counters.add('received')
    return datagram
  }

  sweep(): void {
    this.swept += 1
  }
}

/** A stand-in for a header: `PROXY address port`, `PROXY LOCAL` and a line feed. */
export class LineHeader implements ProxyHeader {
  #held = Buffer.alloc(0)

  push(chunk: Uint8Array): ProxyResult | undefined {
    this.#held = Buffer.concat([this.#held, chunk])
    const end = this.#held.indexOf(10)
    if (end < 0) return undefined
    const rest = this.#held.subarray(end + 1)
    const [word, sourceAddress = '', port] = this.#held.toString('latin1', 0, end).split(' ')
    if (word !== 'PROXY') return { result: 'bad', reason: 'signature' }
    if (sourceAddress === 'LOCAL') return { result: 'direct', rest }
    return { result: 'proxied', sourceAddress, destinationPort: Number(port), rest }
  }
}

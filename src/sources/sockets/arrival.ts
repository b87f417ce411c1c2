import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import type { Counters } from '../../core/metrics.ts'
import type { TlsDoor } from './tls-door.ts'

/** Reads the PROXY header at the beginning of one connection. */
export interface ProxyHeader {
  /** Undefined: more is needed. After anything else it is not called again. */
  push(chunk: Uint8Array): ProxyResult | undefined
}

export type ProxyResult =
  | {
      readonly result: 'proxied'
      /** In canonical text. */
      readonly sourceAddress: string
      readonly destinationPort: number
      readonly rest: Uint8Array
    }
  /** The header names nobody: the real ends count. */
  | { readonly result: 'direct'; readonly rest: Uint8Array }
  | { readonly result: 'bad'; readonly reason: string }

export interface ArrivalOptions {
  readonly raw: Socket
  readonly counters: Counters
  /** Absent: the connection begins without a header. */
  readonly proxyHeader: ProxyHeader | undefined
  /** Absent: it is plain. */
  readonly door: TlsDoor | undefined
  readonly clock: Clock
  readonly proxyHeaderTimeoutMs: number
  readonly handshakeTimeoutMs: number
  readonly arrived: (arrived: Arrived) => void
}

/** A connection from which messages may be read. */
export interface Arrived {
  readonly socket: Socket
  /** Whom a PROXY header names; undefined: the real ends. */
  readonly proxied: { readonly address: string; readonly port: number } | undefined
}

/** A connection before its first message: PROXY header, then TLS handshake, each within its time. */
export class Arrival {
  readonly #options: ArrivalOptions
  #proxied: Arrived['proxied']
  #timeout: { readonly atMs: number; readonly counter: string }
  #headerBytes = 0

  constructor(options: ArrivalOptions) {
    const { raw, clock, proxyHeader, proxyHeaderTimeoutMs } = options
    this.#options = options
    this.#timeout = { atMs: clock.monotonic() + proxyHeaderTimeoutMs, counter: 'proxy_refused.timeout' }
    // 'close' follows.
    raw.on('error', () => {})
    if (proxyHeader === undefined) this.#shake()
    else {
      raw.on('readable', this.#readHeader)
      raw.on('end', this.#endInHeader)
      this.#readHeader()
    }
  }

  sweep(nowMs: number): void {
    if (nowMs > this.#timeout.atMs) this.#refuse(this.#timeout.counter)
  }

  /** The end: nothing was read, nothing is owed. */
  reset(): void {
    const { raw } = this.#options
    if (!raw.destroyed) raw.resetAndDestroy()
  }

  readonly #readHeader = (): void => {
    const { raw, proxyHeader } = this.#options
    const chunk = raw.read() as Buffer | null
    if (chunk === null || proxyHeader === undefined) return
    this.#headerBytes += chunk.length
    const header = proxyHeader.push(chunk)
    if (header === undefined) return
    raw.off('readable', this.#readHeader)
    raw.off('end', this.#endInHeader)
    if (header.result === 'bad') {
      this.#refuse(`proxy_refused.${header.reason}`)
      return
    }
    if (header.result === 'proxied') this.#proxied = { address: header.sourceAddress, port: header.destinationPort }
    if (header.rest.length > 0) raw.unshift(header.rest)
    this.#shake()
  }

  readonly #endInHeader = (): void => {
    // A balancer which only looks whether somebody listens sends nothing.
    if (this.#headerBytes > 0) this.#refuse('proxy_refused.incomplete')
    else this.#options.raw.destroy()
  }

  #shake(): void {
    const { raw, door, clock, handshakeTimeoutMs, arrived } = this.#options
    if (door === undefined) {
      arrived({ socket: raw, proxied: this.#proxied })
      return
    }
    this.#timeout = { atMs: clock.monotonic() + handshakeTimeoutMs, counter: 'tls_refused.timeout' }
    door.enter(raw, {
      done: (socket) => {
        arrived({ socket, proxied: this.#proxied })
      },
      refused: (reason) => {
        this.#refuse(`tls_refused.${reason}`)
      },
    })
  }

  #refuse(counter: string): void {
    this.#timeout = { ...this.#timeout, atMs: Number.POSITIVE_INFINITY }
    this.#options.counters.add(counter)
    this.reset()
  }
}

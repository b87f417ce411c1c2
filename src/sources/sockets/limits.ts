/** How much the listeners take, all together unless it says otherwise. */
export interface SocketLimits {
  /** TCP and TLS connections. Default 1,000. */
  readonly maxConnections: number
  /** Silence after which a connection is closed, in milliseconds. Default 0: never. */
  readonly idleTimeoutMs: number
  /** For a TLS handshake. Default 10,000. */
  readonly handshakeTimeoutMs: number
  /** For a PROXY header. Default 5,000. */
  readonly proxyHeaderTimeoutMs: number
  /** Bytes taken from connections and not yet accepted by the sink. Default 64 MiB. */
  readonly pendingBytes: number
  /** What each UDP socket asks the kernel for. Default 4 MiB; the kernel may grant less. */
  readonly udpReceiveBytes: number
  /** What a UDP listener keeps while the sink is busy: bytes, default 16 MiB. */
  readonly udpQueueBytes: number
  /** The same in datagrams. Default 65,536. */
  readonly udpQueueDatagrams: number
  /** What is taken at a stop of that which is readable, in milliseconds. Default 1,000. */
  readonly drainMs: number
  /** What the sink gets at a stop to accept the last of it, in milliseconds. Default 5,000. */
  readonly releaseMs: number
}

export const defaultLimits: SocketLimits = {
  maxConnections: 1000,
  idleTimeoutMs: 0,
  handshakeTimeoutMs: 10_000,
  proxyHeaderTimeoutMs: 5000,
  pendingBytes: 67_108_864,
  udpReceiveBytes: 4_194_304,
  udpQueueBytes: 16_777_216,
  udpQueueDatagrams: 65_536,
  drainMs: 1000,
  releaseMs: 5000,
}

import type { Clock } from '../../core/clock.ts'
import type { Framer } from '../../core/framer.ts'
import type { Logger } from '../../core/logger.ts'
import type { MessageFormat } from '../../core/message-block.ts'
import type { Counters } from '../../core/metrics.ts'
import type { ProxyHeader } from './arrival.ts'
import type { DatagramReader } from './datagram-listener.ts'
import type { SocketLimits } from './limits.ts'
import type { Listener } from './listener.ts'
import type { TlsSettings } from './tls-settings.ts'

export interface SocketSourceOptions {
  readonly listeners: readonly Listener[]
  /** One a connection; adds `received`, `truncated` and `discarded.*` to the listener's counters. */
  readonly createFramer: (format: MessageFormat, counters: Counters) => Framer
  /** One a UDP listener; adds the same. */
  readonly createDatagramReader: (format: MessageFormat, counters: Counters) => DatagramReader
  readonly createProxyHeader: () => ProxyHeader
  /** Needed where there is a TLS listener. */
  readonly tls?: TlsSettings
  readonly limits?: Partial<SocketLimits>
  /** CIDR blocks of peers who send directly, and of those who send PROXY headers unless `proxyTrusted` names them. Default: any. */
  readonly allow?: readonly string[]
  /** CIDR blocks of those who may send PROXY headers, in place of `allow`. Default: those of `allow`. */
  readonly proxyTrusted?: readonly string[]
  readonly clock: Clock
  readonly logger: Logger
  /** Ends the listening; what is readable by then is still given. */
  readonly stop: AbortSignal
}

/** One listener, for metrics. */
export interface ListenerStatus {
  readonly listener: Listener
  /** The port which is bound; 0 when none could be. */
  readonly port: number
  readonly isListening: boolean
  readonly counters: Counters
  readonly openConnections: number
  /** The receive buffer of a UDP socket; 0 for others. */
  readonly receiveBytes: number
  /** Incomplete messages of a UDP listener, of which chunks are missing; 0 for others. */
  readonly pendingSets: number
}

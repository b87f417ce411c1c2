import { syslogDatagram } from '../codecs/framing/datagram.ts'
import { GelfFramer } from '../codecs/framing/gelf-framer.ts'
import { SyslogFramer, type SyslogFraming } from '../codecs/framing/syslog-framer.ts'
import { GelfDatagrams } from '../codecs/gelf-datagrams/gelf-datagrams.ts'
import { ProxyHeader } from '../codecs/proxy-protocol/proxy-header.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { MessageFormat } from '../core/message-block.ts'
import type { SocketLimits } from '../sources/sockets/limits.ts'
import type { ListenFailure, Listener } from '../sources/sockets/listener.ts'
import { SocketSource } from '../sources/sockets/source.ts'
import { readTlsSettings, type TlsFileSettings } from './tls-files.ts'

/** What listeners go by; the settings of the command and of the input are such. */
export interface SocketSettings {
  readonly listeners: readonly Listener[]
  /** Undefined: there is no TLS listener. */
  readonly tlsFiles: TlsFileSettings | undefined
  /** Of syslog on TCP and TLS. */
  readonly framing: SyslogFraming
  readonly maxMessageBytes: Readonly<Record<MessageFormat, number>>
  readonly maxConnections: number
  /** 0: never. */
  readonly idleTimeoutMs: number
  /** CIDR blocks; none: everybody. */
  readonly allow: readonly string[]
  readonly proxyTrusted: readonly string[]
  readonly udpReceiveBufferBytes: number
}

export interface SocketSurroundings {
  readonly clock: Clock
  readonly logger: Logger
  /** Ends the listening; what is readable by then is still given. */
  readonly stop: AbortSignal
  /** Beyond what the settings say. */
  readonly limits?: Partial<SocketLimits>
}

/**
 * Listens on all ports. Those which could not be bound are told; the others are bound. Throws what `createSockets` does
 * before anything is.
 */
export async function openSockets(
  settings: SocketSettings,
  surroundings: SocketSurroundings,
): Promise<{ readonly source: SocketSource; readonly failures: readonly ListenFailure[] }> {
  const source = await createSockets(settings, surroundings)
  return { source, failures: await source.open() }
}

/**
 * The listeners, with the framing of syslog and GELF; nothing is bound yet. Throws `TLS_FILE_DENIED`,
 * `TLS_FILE_UNREADABLE`, `TLS_UNUSABLE` or `CIDR_INVALID`.
 */
export async function createSockets(
  settings: SocketSettings,
  { clock, logger, stop, limits }: SocketSurroundings,
): Promise<SocketSource> {
  const { listeners, tlsFiles, framing, maxMessageBytes, allow, proxyTrusted } = settings
  return new SocketSource({
    listeners,
    createFramer: (format, counters) =>
      format === 'gelf'
        ? new GelfFramer({ maxMessageBytes: maxMessageBytes.gelf, counters })
        : new SyslogFramer({ mode: framing, maxMessageBytes: maxMessageBytes.syslog, counters }),
    createDatagramReader: (format, counters) => {
      if (format === 'gelf') return new GelfDatagrams({ maxMessageBytes: maxMessageBytes.gelf, counters })
      const options = { maxMessageBytes: maxMessageBytes.syslog, counters }
      return { push: (datagram) => syslogDatagram(datagram, options), sweep: () => {}, pendingSets: 0, pendingBytes: 0 }
    },
    createProxyHeader: () => new ProxyHeader(),
    ...(tlsFiles !== undefined && { tls: await readTlsSettings(tlsFiles) }),
    limits: {
      maxConnections: settings.maxConnections,
      idleTimeoutMs: settings.idleTimeoutMs,
      udpReceiveBytes: settings.udpReceiveBufferBytes,
      ...limits,
    },
    allow,
    proxyTrusted,
    clock,
    logger,
    stop,
  })
}

import { errorCode, errorText } from '../../core/errors.ts'
import type { MessageFormat } from '../../core/message-block.ts'

/** One port that is listened on. */
export interface Listener {
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly format: MessageFormat
  /** An IPv4 or IPv6 literal; `::` takes both. */
  readonly address: string
  /** 0: any free one. */
  readonly port: number
  /** Whether each connection begins with a PROXY header; nothing for UDP. */
  readonly proxy: boolean
}

/** A listener which could not be opened. */
export interface ListenFailure {
  readonly listener: Listener
  readonly code: 'LISTEN_DENIED' | 'LISTEN_IN_USE' | 'LISTEN_FAILED'
  /** One sentence for people. */
  readonly message: string
}

export function listenFailure(listener: Listener, error: unknown): ListenFailure {
  const { transport, address, port } = listener
  const place = `${transport.toUpperCase()} port ${port} of ${address}`
  switch (errorCode(error)) {
    case 'EACCES':
    case 'EPERM':
      return {
        listener,
        code: 'LISTEN_DENIED',
        message: `may not listen on ${place}: take a port from 1024 up, or give the program CAP_NET_BIND_SERVICE`,
      }
    case 'EADDRINUSE':
      return {
        listener,
        code: 'LISTEN_IN_USE',
        message: `cannot listen on ${place}, another program does: stop it or take another port`,
      }
    case 'EADDRNOTAVAIL':
      return {
        listener,
        code: 'LISTEN_FAILED',
        message: `cannot listen on ${place}: no interface of this machine has that address`,
      }
    default:
      return { listener, code: 'LISTEN_FAILED', message: `cannot listen on ${place}: ${errorText(error)}` }
  }
}

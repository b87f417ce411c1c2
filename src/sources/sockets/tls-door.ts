import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { errorCode } from '../../core/errors.ts'
import { type CertificateRefusal, refusalOf } from './client-certificate.ts'
import { type TlsSettings, usableTls } from './tls-settings.ts'

export type TlsRefusal = CertificateRefusal | 'handshake'

/** What becomes of a handshake; one of them is called, or neither when the connection goes before. */
export interface Handshake {
  readonly done: (socket: TLSSocket) => void
  readonly refused: (reason: TlsRefusal) => void
}

/**
 * Turns connections into TLS ones and lets in whom the settings name. It listens nowhere: each connection is handed in,
 * so that limits and PROXY headers come before the handshake.
 */
export class TlsDoor {
  readonly #handshakes = new Map<string, Handshake>()
  #server: Server

  /** Throws `TLS_UNUSABLE`. */
  constructor(settings: TlsSettings) {
    this.#server = this.#open(settings)
  }

  /** For connections from now on. Throws `TLS_UNUSABLE`, and the old settings stay. */
  reload(settings: TlsSettings): void {
    this.#server = this.#open(settings)
  }

  /** What was read of the socket already must be pushed back to it. */
  enter(raw: Socket, handshake: Handshake): void {
    const name = endsOf(raw)
    this.#handshakes.set(name, handshake)
    raw.once('close', () => {
      if (this.#handshakes.get(name) === handshake) this.#handshakes.delete(name)
    })
    // Until the handshake is done, or who ends within it would be waited for; the TLS socket takes it over.
    raw.allowHalfOpen = false
    this.#server.emit('connection', raw)
  }

  #open(settings: TlsSettings): Server {
    const { server: options, rules } = usableTls(settings)
    const take = (socket: TLSSocket): Handshake | undefined => {
      const name = endsOf(socket)
      const handshake = this.#handshakes.get(name)
      this.#handshakes.delete(name)
      return handshake
    }
    const server = createServer({ ...options, handshakeTimeout: 2 ** 31 - 1 })
    server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = true
      const handshake = take(socket)
      const refusal = refusalOf(
        // Node gives the code as text, whatever its type says.
        {
          certificate: socket.getPeerX509Certificate(),
          chainError: socket.authorized ? '' : String(socket.authorizationError),
        },
        rules,
      )
      if (refusal === undefined) handshake?.done(socket)
      else handshake?.refused(refusal)
    })
    server.on('tlsClientError', (error, socket) => {
      // Who hangs up within the handshake was refused nothing.
      if (errorCode(error) !== 'ECONNRESET') take(socket)?.refused('handshake')
    })
    return server
  }
}

/** A connection by its two ends: the TLS socket Node makes of a raw one has the same. */
function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`
}

import { AsyncLocalStorage } from 'node:async_hooks'
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
  /**
   * Node does not tell of which raw socket a TLS one was made. The addresses do not, either: of a sender who has reset the
   * connection right behind its last message there is none any more.
   */
  readonly #handshakes = new AsyncLocalStorage<Handshake>()
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
    // Until the handshake is done, or who ends within it would be waited for; the TLS socket takes it over.
    raw.allowHalfOpen = false
    this.#handshakes.run(handshake, () => this.#server.emit('connection', raw))
  }

  #open(settings: TlsSettings): Server {
    const { server: options, rules } = usableTls(settings)
    const server = createServer({ ...options, handshakeTimeout: 2 ** 31 - 1 })
    server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = true
      const handshake = this.#handshakes.getStore()
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
    server.on('tlsClientError', (error) => {
      // Who hangs up within the handshake was refused nothing.
      if (errorCode(error) !== 'ECONNRESET') this.#handshakes.getStore()?.refused('handshake')
    })
    return server
  }
}

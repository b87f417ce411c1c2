import type { Messages } from './messages.ts'

/**
 * Cuts the bytes of one connection into messages. It has state, so there is one a connection, and its memory is bounded
 * by the largest message. What it yields never depends on how the bytes were cut into chunks. Never throws.
 */
export interface Framer {
  /**
   * The messages which are complete by now, in the chunk or, of one which began before it, in a copy. They are good for
   * as long as the chunk's bytes are.
   */
  push(chunk: Uint8Array): readonly Messages[]
  /** The sender has ended, orderly or not: what may be delivered of an incomplete message. */
  end(): readonly Messages[]
  /**
   * Why the connection has to be closed once what was returned is delivered; nothing is read of it any more then.
   * Undefined: it goes on.
   */
  readonly refusal: FramerRefusal | undefined
  /** Bytes it keeps of incomplete messages. */
  readonly heldBytes: number
}

/**
 * `http_check`: a load balancer asks with GET or HEAD, answer 200 and close. `tls_hello`: TLS on a plain port.
 * `not_counted`: anything but a counted frame where only those are allowed. `compressed`: compressed GELF on a stream.
 */
export type FramerRefusal = 'http_check' | 'tls_hello' | 'not_counted' | 'compressed'

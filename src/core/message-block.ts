import type { Messages } from './messages.ts'

/** What a message was framed and is to be read as. */
export type MessageFormat = 'syslog' | 'gelf'

/**
 * Whole messages of one sender, as they arrived in one read. A block and not a message is what moves through a relay:
 * the cost of a step is that of a read, not that of a line.
 */
export interface MessageBlock {
  readonly format: MessageFormat
  /** The sender's address in canonical text, an IPv4-mapped IPv6 address as IPv4. */
  readonly address: string
  /** The port it was sent to: the listener's, or the one a PROXY header names. */
  readonly port: number
  /** When it was read: wall-clock milliseconds since 1970. */
  readonly receivedMs: number
  /** Verbatim, without their frames; they may be invalid UTF-8. At least one. */
  readonly messages: Messages
}

/** A block which was accepted: its messages have names by which a copy is known. */
export interface IdentifiedBlock extends MessageBlock {
  /**
   * The GUID of the first message, in lower case. The last 12 hex digits are a counter: each further message's are one
   * more, modulo 2^48.
   */
  readonly firstId: string
}

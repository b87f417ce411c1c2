/** What the header's beginning says by now; undefined: its end has not come. */
export type HeaderReading = HeaderRead | HeaderRefused | undefined

export interface HeaderRead {
  readonly headerBytes: number
  /** Absent: the connection's own end points hold. */
  readonly endpoints?: ProxiedEndpoints
}

export interface ProxiedEndpoints {
  /** Canonical text. */
  readonly sourceAddress: string
  readonly destinationPort: number
}

export interface HeaderRefused {
  readonly reason: BadProxyHeader
}

/**
 * `signature`: no PROXY header. `length`: longer than its version allows, or too short for its addresses. `checksum`: the
 * CRC32C is wrong. The others say which field is none of those the protocol knows.
 */
export type BadProxyHeader =
  | 'signature'
  | 'version'
  | 'command'
  | 'family'
  | 'address'
  | 'port'
  | 'fields'
  | 'length'
  | 'extension'
  | 'checksum'

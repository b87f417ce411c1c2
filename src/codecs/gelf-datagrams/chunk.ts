/**
 * A chunk of a GELF message (GELF 1.1 by UDP):
 *
 *     1e 0f   id*8   sequence   count   data
 */
export interface GelfChunk {
  /** One character a byte. */
  readonly id: string
  readonly sequence: number
  /** Of the message's chunks. */
  readonly count: number
  /** A view of the datagram. */
  readonly data: Buffer
}

export const maxChunks = 128

export function isChunk(payload: Uint8Array): boolean {
  return payload[0] === 0x1e && payload[1] === 0x0f
}

/** Undefined when there is no chunk in what begins like one. */
export function readChunk(datagram: Buffer): GelfChunk | undefined {
  const sequence = datagram[10] ?? 0
  const count = datagram[11] ?? 0
  if (count > maxChunks || sequence >= count) return undefined
  return { id: datagram.toString('latin1', 2, 10), sequence, count, data: datagram.subarray(12) }
}

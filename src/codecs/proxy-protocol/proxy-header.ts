import { asBuffer } from '../as-buffer.ts'
import { GrowingBytes } from '../growing-bytes.ts'
import type { BadProxyHeader, ProxiedEndpoints } from './reading.ts'
import { readVersion1 } from './version-1.ts'
import { readVersion2 } from './version-2.ts'

/** `proxied`: the header's end points hold. `direct`: those of the connection. `bad`: it has to be closed. */
export type ProxyOutcome =
  | (ProxiedEndpoints & { readonly result: 'proxied'; readonly rest: Uint8Array })
  | { readonly result: 'direct'; readonly rest: Uint8Array }
  | { readonly result: 'bad'; readonly reason: BadProxyHeader }

/**
 * The PROXY header (HAProxy's proxy-protocol.txt, versions 1 and 2) with which every connection begins on a port that
 * demands one. It may come in pieces and together with what follows it, which is the `rest`.
 *
 * One a connection. It keeps no more than the longest header, 65,551 bytes, and only what has come of it.
 */
export class ProxyHeader {
  readonly #held = new GrowingBytes(maxHeaderBytes)

  /** Undefined: the header is not complete. To be asked until it is not undefined, and no more then. */
  push(chunk: Uint8Array): ProxyOutcome | undefined {
    const before = this.#held.length
    // Mostly a header comes in one piece and need not be kept.
    if (before > 0) this.#held.add(chunk.subarray(0, this.#held.room))
    const bytes = before > 0 ? this.#held.bytes : asBuffer(chunk)
    if (bytes.length === 0) return undefined
    const reading = bytes[0] === upperP ? readVersion1(bytes) : readVersion2(bytes)
    if (reading === undefined) {
      if (before === 0) this.#held.add(chunk)
      return undefined
    }
    if ('reason' in reading) return { result: 'bad', reason: reading.reason }
    const rest = chunk.subarray(reading.headerBytes - before)
    if (reading.endpoints === undefined) return { result: 'direct', rest }
    return { result: 'proxied', ...reading.endpoints, rest }
  }
}

const maxHeaderBytes = 16 + 65_535
const upperP = 0x50

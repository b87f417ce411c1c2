import { BlockList, isIP } from 'node:net'
import { KinloaderError } from '../../core/errors.ts'
import { canonicalAddress } from '../../codecs/ip-address.ts'

export interface Cidr {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** A block of addresses, `10.0.0.0/8` or `2001:db8::/32`; a bare address is a block of one. Throws `CIDR_INVALID`. */
export function parseCidr(text: string): Cidr {
  const [address = '', prefix, ...more] = text.split('/')
  const bits = isIP(address) === 4 ? 32 : 128
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (isIP(address) === 0 || address.includes('%') || !(length <= bits) || more.length > 0) {
    throw new KinloaderError(
      'CIDR_INVALID',
      `${JSON.stringify(text)} is no block of addresses: write it as 10.0.0.0/8, 2001:db8::/32 or a single address`,
    )
  }
  const canonical = canonicalAddress(address)
  // Peers are compared as IPv4 when they are mapped, so the block must be, too.
  if (bits === 128 && isIP(canonical) === 4 && length >= 96) {
    return { address: canonical, prefix: length - 96, family: 'ipv4' }
  }
  return { address, prefix: length, family: bits === 32 ? 'ipv4' : 'ipv6' }
}

/** The reason of a counter. */
export type PeerRefusal = 'not_allowed' | 'proxy_untrusted'

/** Who is let in. No blocks: everybody. */
export class CidrList {
  readonly #blocks = new BlockList()
  readonly #isOpen: boolean
  /** Why whoever is kept out is. */
  readonly refusal: PeerRefusal

  /** Throws `CIDR_INVALID`. */
  constructor(texts: readonly string[], refusal: PeerRefusal) {
    this.refusal = refusal
    this.#isOpen = texts.length === 0
    for (const { address, prefix, family } of texts.map(parseCidr)) this.#blocks.addSubnet(address, prefix, family)
  }

  /** `address` in canonical text. */
  allows(address: string): boolean {
    return this.#isOpen || this.#blocks.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
  }
}

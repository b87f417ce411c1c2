import { canonicalAddress } from '../../codecs/ip-address.ts'

/**
 * The canonical text of a peer's address as Node gives it, without a zone. A sender has one name, whether the listener is
 * `0.0.0.0` or `::`, and the same as in a PROXY header. Node's text is canonical already but for what ends in an IPv4
 * address: this is asked for each datagram and must not take the address apart.
 */
export function peerAddress(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const text = zone < 0 ? address : address.slice(0, zone)
  if (!text.includes('.')) return text
  return text.startsWith('::ffff:') ? text.slice(7) : canonicalAddress(text)
}

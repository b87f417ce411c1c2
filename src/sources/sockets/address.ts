/**
 * The canonical text of an address as Node gives it: an IPv4-mapped IPv6 address as IPv4, without a zone. A sender has
 * one name, whether the listener is `0.0.0.0` or `::`.
 */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address
  const mapped = address.startsWith('::ffff:') ? address.slice(7) : ''
  if (mapped.includes('.')) return mapped
  const zone = address.indexOf('%')
  return zone < 0 ? address : address.slice(0, zone)
}

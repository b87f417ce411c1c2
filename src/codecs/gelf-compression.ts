/**
 * How a GELF payload is compressed, by its first two bytes; undefined when it is not.
 *
 * Text may begin like zlib (RFC 1950), whose second byte is a remainder: `x ` does. That one asks for a preset dictionary
 * (bit 5), which nobody has who reads GELF, so it is text and not a payload to be thrown away.
 */
export function compressionOf(payload: Uint8Array, at = 0): 'gzip' | 'zlib' | undefined {
  const first = payload[at]
  const second = payload[at + 1] ?? 0
  if (first === 0x1f && second === 0x8b) return 'gzip'
  const isZlib = first === 0x78 && (0x7800 + second) % 31 === 0 && (second & 0x20) === 0
  return isZlib ? 'zlib' : undefined
}

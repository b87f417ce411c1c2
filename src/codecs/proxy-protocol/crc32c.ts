/** CRC-32C (Castagnoli, RFC 3720 B.4), bit by bit: a header a connection is worth no table. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ reversedPolynomial
  }
  return ~crc >>> 0
}

const reversedPolynomial = 0x82f63b78

import { crc32c } from '../../../src/codecs/proxy-protocol/crc32c.ts'

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** A header of version 2: command and version, family and transport, and what the length counts. */
export function version2(command: number, family: number, ...block: (Buffer | string)[]): Buffer {
  const rest = Buffer.concat(block.map((part) => (typeof part === 'string' ? Buffer.from(part, 'hex') : part)))
  const head = Buffer.from([command, family, rest.length >> 8, rest.length & 0xff])
  return Buffer.concat([signature, head, rest])
}

/** 203.0.113.7 port 56324 to 192.0.2.1 port 6514. */
export const inet = 'cb007107c0000201dc041972'
/** 2001:db8::7 port 56324 to 2001:db8::1 port 6514. */
export const inet6 = '20010db800000000000000000000000720010db8000000000000000000000001dc041972'

/** An extension: type, length, value. */
export function extension(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value])
}

/** The header with the right checksum in its last four bytes, which are those of its CRC32C extension. */
export function withChecksum(header: Buffer): Buffer {
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32c(header))
  return Buffer.concat([header.subarray(0, -4), sum])
}

import { ipAddressText } from '../ip-address.ts'
import { crc32c } from './crc32c.ts'
import type { HeaderReading } from './reading.ts'

/**
 * A header of version 2:
 *
 *     0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a   version|command   family|transport   length*2
 *     addresses   { type  length*2  value }*
 *
 *     version 2 · command 0 LOCAL, 1 PROXY · family 0 UNSPEC, 1 INET, 2 INET6, 3 UNIX · transport 0 UNSPEC, 1 STREAM, 2 DGRAM
 *     INET   source*4 destination*4 port*2 port*2          INET6  source*16 destination*16 port*2 port*2
 *
 * The length counts what follows it and may be anything up to 65,535, which is the bound of what is kept.
 */
export function readVersion2(bytes: Buffer): HeaderReading {
  const known = Math.min(bytes.length, signature.length)
  if (!bytes.subarray(0, known).equals(signature.subarray(0, known))) return { reason: 'signature' }
  const [versionAndCommand = 0x20, familyAndTransport] = bytes.subarray(12, 14)
  const command = versionAndCommand & 0x0f
  if (versionAndCommand >> 4 !== 2) return { reason: 'version' }
  if (command > 1) return { reason: 'command' }
  if (familyAndTransport === undefined) return undefined
  const isLocal = command === 0
  if (!isLocal && !isKnownFamily(familyAndTransport)) return { reason: 'family' }
  if (bytes.length < fixedBytes) return undefined
  const headerBytes = fixedBytes + bytes.readUInt16BE(14)
  const addressBytes = addressBytesOf.get(familyAndTransport >> 4)
  const hasEndpoints = !isLocal && addressBytes !== undefined
  if (hasEndpoints && headerBytes < fixedBytes + 2 * addressBytes + 4) return { reason: 'length' }
  if (bytes.length < headerBytes) return undefined
  return hasEndpoints ? readEndpoints(bytes.subarray(0, headerBytes), addressBytes) : { headerBytes }
}

function readEndpoints(header: Buffer, addressBytes: number): HeaderReading {
  const portsAt = fixedBytes + 2 * addressBytes
  let isVerified = false
  for (let at = portsAt + 4; at < header.length; ) {
    const valueAt = at + 3
    if (valueAt > header.length) return { reason: 'extension' }
    const valueBytes = header.readUInt16BE(at + 1)
    if (valueAt + valueBytes > header.length) return { reason: 'extension' }
    if (header[at] === crc32cType) {
      // Many of them, all right by design, would cost seconds.
      if (valueBytes !== 4 || isVerified) return { reason: 'extension' }
      isVerified = true
      if (checksum(header, valueAt) !== header.readUInt32BE(valueAt)) return { reason: 'checksum' }
    }
    at = valueAt + valueBytes
  }
  const sourceAddress = ipAddressText(header.subarray(fixedBytes, fixedBytes + addressBytes))
  return {
    headerBytes: header.length,
    endpoints: { sourceAddress, destinationPort: header.readUInt16BE(portsAt + 2) },
  }
}

/** Of the whole header, the checksum's own bytes as zeros. */
function checksum(header: Buffer, valueAt: number): number {
  return crc32c(Buffer.concat([header.subarray(0, valueAt), Buffer.alloc(4), header.subarray(valueAt + 4)]))
}

/**
 * The protocol wants other values rejected. UNSPEC is taken with any transport, as HAProxy itself does; nothing is read
 * of it.
 */
function isKnownFamily(familyAndTransport: number): boolean {
  const family = familyAndTransport >> 4
  const transport = familyAndTransport & 0x0f
  return family <= 3 && transport <= 2 && (family === 0 || transport > 0)
}

/** Of one address, by family; the others hold none which is of use. */
const addressBytesOf: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 16],
])
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const fixedBytes = 16
const crc32cType = 3

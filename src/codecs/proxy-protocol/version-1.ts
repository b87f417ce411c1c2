import { ipAddressText, parseIpAddress } from '../ip-address.ts'
import type { HeaderReading } from './reading.ts'

/**
 * A header of version 1: one line, at most 107 bytes.
 *
 *     PROXY TCP4 203.0.113.7 192.0.2.1 56324 6514\r\n
 *     PROXY TCP6 2001:db8::7 2001:db8::1 56324 6514\r\n
 *     PROXY UNKNOWN anything\r\n
 */
export function readVersion1(bytes: Buffer): HeaderReading {
  if (!bytes.subarray(0, signature.length).equals(signature.subarray(0, bytes.length))) return { reason: 'signature' }
  const lineEnd = bytes.subarray(0, maxHeaderBytes).indexOf('\r\n')
  if (lineEnd < 0) return bytes.length < maxHeaderBytes ? undefined : { reason: 'length' }
  return readLine(bytes.toString('latin1', 0, lineEnd), lineEnd + 2)
}

function readLine(line: string, headerBytes: number): HeaderReading {
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = line.split(' ')
  if (family === 'UNKNOWN') return { headerBytes }
  const addressBytes = family === 'TCP4' ? 4 : family === 'TCP6' ? 16 : 0
  if (addressBytes === 0) return { reason: 'family' }
  if (destinationPort === '' || more.length > 0) return { reason: 'fields' }
  const address = parseIpAddress(source)
  if (address?.length !== addressBytes || parseIpAddress(destination)?.length !== addressBytes) {
    return { reason: 'address' }
  }
  if (!isPort(sourcePort) || !isPort(destinationPort)) return { reason: 'port' }
  const endpoints = { sourceAddress: ipAddressText(address), destinationPort: Number(destinationPort) }
  return { headerBytes, endpoints }
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}

const signature = Buffer.from('PROXY ')
const maxHeaderBytes = 107

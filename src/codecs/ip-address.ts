/**
 * The one text of an IP address, so that a sender has one name whichever way its address was written: IPv6 as RFC 5952
 * has it (lower case, the longest run of zero groups as `::`), an IPv4-mapped IPv6 address as IPv4. A zone (`%eth0`) is
 * kept as it is. What is no address comes back unchanged.
 */
export function canonicalAddress(text: string): string {
  const zoneAt = text.indexOf('%')
  const bytes = parseIpAddress(zoneAt < 0 ? text : text.slice(0, zoneAt))
  if (bytes === undefined || (zoneAt >= 0 && bytes.length === 4)) return text
  return zoneAt < 0 ? ipAddressText(bytes) : ipAddressText(bytes) + text.slice(zoneAt)
}

/** The four or sixteen bytes of an address; undefined when the text is none. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** Canonical text of the four or sixteen bytes of an address. */
export function ipAddressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  if (isIpv4Mapped(bytes)) return bytes.subarray(12).join('.')
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0))
  const { start, length } = longestZeroRun(groups)
  const hex = groups.map((group) => group.toString(16))
  if (length < 2) return hex.join(':')
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`
}

/** `::ffff:0:0/96` (RFC 4291, 2.5.5.2). */
function isIpv4Mapped(bytes: Uint8Array): boolean {
  return bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0)
}

/** The first of the longest ones. */
function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let longest = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === 0) end++
    if (end - start > longest.length) longest = { start, length: end - start }
    start = Math.max(start, end - 1)
  }
  return longest
}

/** Four decimal numbers; leading zeros, which some read as octal, are none. */
function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.', 5)
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined
  }
  return Uint8Array.from(parts, Number)
}

/** Eight groups, one run of which may be `::`; the last two may be written as IPv4 (RFC 4291, 2.2). */
function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::', 3)
  const [head = '', tail] = halves
  const before = parseGroups(head, tail === undefined)
  const after = tail === undefined ? [] : parseGroups(tail, true)
  if (halves.length > 2 || before === undefined || after === undefined) return undefined
  const missing = 16 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.from([...before, ...new Array<number>(missing).fill(0), ...after])
}

function parseGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const parts = text.split(':', 9)
  for (const [i, part] of parts.entries()) {
    if (isLast && i === parts.length - 1 && part.includes('.')) {
      const ipv4 = parseIpv4(part)
      if (ipv4 === undefined) return undefined
      bytes.push(...ipv4)
    } else if (/^[\da-f]{1,4}$/i.test(part)) {
      const group = Number.parseInt(part, 16)
      bytes.push(group >> 8, group & 0xff)
    } else {
      return undefined
    }
  }
  return bytes
}

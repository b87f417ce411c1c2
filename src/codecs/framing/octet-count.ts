/**
 * The head of a counted frame (RFC 6587, 3.4.1):
 *
 *     MSG-LEN SP "<" PRI ">" …        MSG-LEN: 1-9 and at most 6 more digits; counts from "<" on
 *
 * A line may begin with a number and a space as well, so a count counts only before a PRI that fits into it. One object a
 * connection is read again and again: a frame costs no allocation.
 */
export class OctetCount {
  /** Where the counted bytes begin, after `counted`. */
  bodyStart = 0
  /** How many there are, after `counted`. */
  bodyBytes = 0

  /** `undecided`: the bytes end within what may still become a head, which is at most 13 bytes long. */
  read(bytes: Uint8Array, at: number): 'counted' | 'line' | 'undecided' {
    let count = 0
    let next = at
    for (; isDigit(bytes[next]); next++) {
      if (next - at === maxCountDigits || (next === at && bytes[next] === zero)) return 'line'
      count = count * 10 + (bytes[next] ?? 0) - zero
    }
    if (next >= bytes.length) return 'undecided'
    if (next === at || bytes[next] !== space) return 'line'
    const start = ++next
    if (next < bytes.length && bytes[next] !== lessThan) return 'line'
    next++
    while (next - start <= maxPriDigits && isDigit(bytes[next])) next++
    if (next >= bytes.length) return 'undecided'
    if (next === start + 1 || bytes[next] !== greaterThan || count < next + 1 - start) return 'line'
    this.bodyStart = start
    this.bodyBytes = count
    return 'counted'
  }
}

/** Whether a count may begin with this byte. */
export function isCountStart(byte: number | undefined): boolean {
  return byte !== undefined && byte > zero && byte <= nine
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine
}

const maxCountDigits = 7
const maxPriDigits = 3
const space = 0x20
const zero = 0x30
const nine = 0x39
const lessThan = 0x3c
const greaterThan = 0x3e

/** The number written with two digits at `at`; -1 when one of them is none. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - zero
  const ones = (bytes[at + 1] ?? 0) - zero
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= nine
}

/** Whether a stamp may end before this byte: at anything but a letter or digit, and at the message's end. */
export function isBoundary(byte: number | undefined): boolean {
  return byte === undefined || (!isDigit(byte) && ((byte | 0x20) - smallA) >>> 0 >= 26)
}

/** The byte at `at`; undefined where the message is over. */
export function byteAt(bytes: Uint8Array, at: number, end: number): number | undefined {
  return at < end ? bytes[at] : undefined
}

/**
 * Where the fraction ends which may begin at `at`: at `at` when there is none, -1 when its point has no digits. At `end`
 * the message is over.
 */
export function fractionEnd(bytes: Uint8Array, at: number, end: number): number {
  if (byteAt(bytes, at, end) !== point) return at
  let last = at + 1
  while (last < end && isDigit(bytes[last])) last++
  return last === at + 1 ? -1 : last
}

/** The milliseconds of the fraction between `at` and `end`, rounded half up: 0 to 1,000. */
export function fractionMs(bytes: Uint8Array, at: number, end: number): number {
  const digit = (index: number): number => (at + index < end ? (bytes[at + index] ?? zero) - zero : 0)
  return digit(1) * 100 + digit(2) * 10 + digit(3) + (digit(4) >= 5 ? 1 : 0)
}

const point = 0x2e
const zero = 0x30
const nine = 0x39
const smallA = 0x61

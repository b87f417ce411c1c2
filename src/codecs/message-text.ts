import { isUtf8 } from 'node:buffer'

/** A message as text. */
export interface MessageText {
  readonly text: string
  /** How many bytes were no UTF-8, each of which became four characters. */
  readonly invalidBytes: number
}

/**
 * The text of a message, of which nothing is lost: each byte that is no UTF-8 becomes the four characters `\xhh`, in
 * lower case. A byte order mark and NUL stay, unlike with `TextDecoder`.
 */
export function messageText(message: Uint8Array): MessageText {
  if (isUtf8(message)) return { text: asBuffer(message).toString('utf8'), invalidBytes: 0 }
  const { bytes, invalidBytes } = withInvalidEscaped(message)
  return { text: bytes.toString('utf8'), invalidBytes }
}

/** The same as bytes: the UTF-8 of that text. Those which are valid already should not be brought here: it is slow. */
export function withInvalidEscaped(message: Uint8Array): { readonly bytes: Buffer; readonly invalidBytes: number } {
  const bytes = Buffer.allocUnsafe(message.length * 4)
  let length = 0
  let invalidBytes = 0
  for (let at = 0; at < message.length; ) {
    const end = at + sequenceLength(message, at)
    if (end === at) {
      const byte = message[at++] ?? 0
      bytes[length] = backslash
      bytes[length + 1] = smallX
      bytes[length + 2] = hexDigit(byte >>> 4)
      bytes[length + 3] = hexDigit(byte & 15)
      length += 4
      invalidBytes++
    }
    for (; at < end; at++) bytes[length++] = message[at] ?? 0
  }
  return { bytes: bytes.subarray(0, length), invalidBytes }
}

/**
 * How many bytes the character which begins at `at` has, 0 when none does. Unicode 15, table 3-7: only the second
 * byte's range depends on the first, which leaves out overlong forms, surrogates and what is above U+10FFFF.
 */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const second = bytes[at + 1] ?? 0
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let next = at + 2; next < at + length; next++) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0
  }
  return length
}

function hexDigit(value: number): number {
  return value < 10 ? zero + value : smallA + value - 10
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const zero = 0x30
const backslash = 0x5c
const smallA = 0x61
const smallX = 0x78

import type { Counters } from '../../core/metrics.ts'

/**
 * Where a message ends which has at most that many bytes: longer ones lose their end, and count as `truncated`. The cut
 * never falls within a character, so that a long message does not end in bytes which are no UTF-8.
 */
export function endWithinLimit(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxMessageBytes: number,
  counters: Counters,
): number {
  if (end - start <= maxMessageBytes) return end
  counters.add('truncated')
  return characterBorder(bytes, start, start + maxMessageBytes)
}

/** `at`, or where the character begins which it would cut. What is no UTF-8 has no characters and is cut anywhere. */
function characterBorder(bytes: Uint8Array, start: number, at: number): number {
  if (!isContinuation(bytes[at])) return at
  let lead = at - 1
  while (lead > at - 3 && isContinuation(bytes[lead])) lead--
  return lead >= start && lead + characterBytes(bytes[lead]) > at ? lead : at
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** How long a character is that begins with this byte (RFC 3629); 0 when none does. */
function characterBytes(lead = 0): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2
  if (lead >= 0xe0 && lead <= 0xef) return 3
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
}

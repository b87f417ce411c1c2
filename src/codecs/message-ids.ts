/**
 * The GUID of the message `index` after the first of its block. The last 12 hex digits are a counter:
 *
 *     363f3136-9356-443b-9eee-ce72d32d2307   + 3   →   363f3136-9356-443b-9eee-ce72d32d230a
 *
 * It begins again at 0 behind 2^48 - 1.
 */
export function idOf(firstId: string, index: number): string {
  if (index === 0) return firstId
  const counter = (Number.parseInt(firstId.slice(counterStart), 16) + index) % counterEnd
  return firstId.slice(0, counterStart) + counter.toString(16).padStart(12, '0')
}

const counterStart = 24
const counterEnd = 2 ** 48

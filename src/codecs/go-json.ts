import { parseRfc3339 } from './rfc3339.ts'

/** JSON as the Go programs write it which ours stand in for: their output was compared byte for byte. */

/** A string with its quotes. `<`, `>`, `&`, U+2028 and U+2029 are escaped; a lone surrogate becomes U+FFFD. */
export function goString(text: string): string {
  const json = JSON.stringify(text)
  if (!odd.test(json)) return json
  return JSON.stringify(text.replaceAll(/\p{Surrogate}/gu, '\ufffd')).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** A lone surrogate is an escape in JSON, like no other character above the controls. */
const odd = /[<>&\u2028\u2029]|\\ud/

/**
 * A time with its quotes: its own zone, the fraction without zeros at its end and cut after nine digits. Undefined
 * when the text is no time.
 */
export function goTime(text: string): string | undefined {
  if (parseRfc3339(text) === undefined) return undefined
  const { length } = text
  const isPlain = text.charCodeAt(length - 1) === capitalZ && text.charCodeAt(10) === capitalT
  if (isPlain && (length === 20 || (length <= 30 && text.charCodeAt(length - 2) !== zero))) return `"${text}"`
  const fraction =
    /\.\d+/
      .exec(text)?.[0]
      .slice(0, 10)
      .replace(/\.?0+$/, '') ?? ''
  const zone = text
    .slice(19)
    .replace(/^\.\d+/, '')
    .toUpperCase()
    .replace(/^[+-]00:00$/, 'Z')
  return `"${text.slice(0, 10)}T${text.slice(11, 19)}${fraction}${zone}"`
}

/** What stands where a time is missing: Go's zero. */
export const goZeroTime = '"0001-01-01T00:00:00Z"'

const zero = 0x30
const capitalT = 0x54
const capitalZ = 0x5a

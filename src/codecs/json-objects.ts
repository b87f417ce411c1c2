/** Where JSON objects begin and end in a text that holds one after the other, with any or no white space between. */

/** The position of the next character from `at` on that is no JSON white space; the text's length when there is none. */
export function skipJsonSpace(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break
  }
  return at
}

/**
 * The position behind the object or array which begins at `start`; -1 when there is none or it does not end. Brackets
 * are counted outside strings only; whether what stands between them is JSON is for `JSON.parse` to say.
 *
 * Works on text whose multi-byte characters are still bytes (latin1): none of those looks like a bracket or a quote.
 */
export function jsonValueEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === openBrace || code === openBracket) depth++
    else if (depth === 0) return -1
    else if (code === closeBrace || code === closeBracket) {
      if (--depth === 0) return at + 1
    } else if (code === quote) {
      for (at++; at < text.length; at++) {
        const inside = text.charCodeAt(at)
        if (inside === quote) break
        if (inside === backslash) at++
      }
    }
  }
  return -1
}

/**
 * The position behind whatever JSON value begins at `start`, a string, number, `true`, `false` or `null` too; -1 when
 * it does not end.
 */
export function jsonAnyEnd(text: string, start: number): number {
  const code = text.charCodeAt(start)
  if (code === openBrace || code === openBracket) return jsonValueEnd(text, start)
  if (code === quote) return jsonStringEnd(text, start)
  let at = start
  while (at < text.length && isScalar(text.charCodeAt(at))) at++
  return at === start || at === text.length ? -1 : at
}

/** The position behind the string which begins at `start`; -1 when there is none or it does not end. */
export function jsonStringEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== quote) return -1
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let first = at
    while (text.charCodeAt(first - 1) === backslash) first--
    if ((at - first) % 2 === 0) return at + 1
  }
  return -1
}

/** Letters, digits, sign and dot. */
function isScalar(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    ((code | 0x20) - 0x61) >>> 0 < 26 ||
    code === 0x2b ||
    code === 0x2d ||
    code === 0x2e
  )
}

const quote = 0x22
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

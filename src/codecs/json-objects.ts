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
 * The position behind the object or array which begins at `start`, or -1 when it does not end. Brackets are counted
 * outside strings only; whether what stands between them is JSON is for `JSON.parse` to say.
 *
 * Works on text whose multi-byte characters are still bytes (latin1): none of them looks like a bracket or a quote.
 */
export function jsonValueEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // "
        at = stringEnd(text, at)
        if (at < 0) return -1
        break
      case 0x7b: // {
      case 0x5b: // [
        depth++
        break
      case 0x7d: // }
      case 0x5d: // ]
        if (--depth === 0) return at + 1
        break
    }
  }
  return -1
}

/** The position of the closing quote of the string which opens at `open`, or -1. */
function stringEnd(text: string, open: number): number {
  let from = open + 1
  for (;;) {
    const close = text.indexOf('"', from)
    if (close < 0) return -1
    let backslashes = 0
    while (text.charCodeAt(close - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return close
    from = close + 1
  }
}

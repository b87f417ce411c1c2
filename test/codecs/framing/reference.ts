/** The rules written down once more, slowly: over the whole input, which is one character a byte. */
export interface Reference {
  readonly messages: string[]
  refusal?: string
  truncated: number
  lost: number
}

const gaps = /[\0\r\n]/
const tlsHello = /^\x16\x03[\0-\x04][^]{2}\x01/
const request = /^(GET|HEAD) [^\s]+ HTTP\/1\.\d\r?$/

export function referenceSyslog(input: string, mode: string, maxBytes: number): Reference {
  const out: Reference = { messages: [], truncated: 0, lost: 0 }
  if (tlsHello.test(input)) return { ...out, refusal: 'tls_hello' }
  const deliver = (message: string): void => {
    if (message.length > maxBytes) out.truncated++
    out.messages.push(cut(message, maxBytes))
  }
  for (let at = 0; at < input.length; ) {
    const rest = input.slice(at)
    const [, count = '', pri = ''] = /^([1-9]\d{0,6}) (<\d{1,3}>)/.exec(rest) ?? []
    if (gaps.test(rest.charAt(0))) {
      at++
    } else if (mode !== 'line' && count !== '' && Number(count) >= pri.length) {
      const body = rest.slice(count.length + 1, count.length + 1 + Number(count))
      if (body.length === Number(count)) deliver(body)
      else out.lost++
      at += count.length + 1 + Number(count)
    } else {
      const { line, length } = lineOf(rest)
      if (at === 0 && line.length <= maxBytes && request.test(line)) return { ...out, refusal: 'http_check' }
      if (mode === 'octet') {
        const isHead = /^[1-9]\d{0,6}( (<\d{0,3})?)?$/.test(rest)
        return isHead ? { ...out, lost: out.lost + 1 } : { ...out, refusal: 'not_counted' }
      }
      deliver(line)
      at += length
    }
  }
  return out
}

export function referenceGelf(input: string, maxBytes: number): Reference {
  const out: Reference = { messages: [], truncated: 0, lost: 0 }
  if (tlsHello.test(input)) return { ...out, refusal: 'tls_hello' }
  for (let at = 0; at < input.length; ) {
    const rest = input.slice(at)
    if (gaps.test(rest.charAt(0))) {
      at++
      continue
    }
    if (/^(\x1f\x8b|x[\x01\x5e\x9c\xda])/.test(rest)) return { ...out, refusal: 'compressed' }
    const { line, length } = rest.startsWith('{') ? objectOf(rest, maxBytes) : lineOf(rest)
    if (at === 0 && line.length <= maxBytes && request.test(line)) return { ...out, refusal: 'http_check' }
    if (line.length > maxBytes) out.lost++
    else out.messages.push(line)
    at += length
  }
  return out
}

function lineOf(rest: string): { line: string; length: number } {
  const end = rest.search(/[\n\0]/)
  return end < 0 ? { line: rest, length: rest.length } : ended(rest, end)
}

function ended(rest: string, end: number): { line: string; length: number } {
  return { line: rest.slice(0, end + 1).replace(/(\r?\n|\0)$/, ''), length: end + 1 }
}

function objectOf(rest: string, maxBytes: number): { line: string; length: number } {
  for (const { index, 0: terminator } of rest.matchAll(/[\n\0]/g)) {
    if (terminator === '\0') return ended(rest, index)
    const { isClosed, isInString, last } = stateOf(rest.slice(0, index))
    const next = rest.slice(index + 1)
    const startsAnew = !isInString
      ? next.startsWith('{') && !/[[,:]/.test(last)
      : index > maxBytes
        ? next.startsWith('{')
        : /^\{"[A-Za-z_]/.test(next)
    if (isClosed || startsAnew) return ended(rest, index)
  }
  return { line: rest, length: rest.length }
}

function stateOf(text: string): { isClosed: boolean; isInString: boolean; last: string } {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const byte = text.charAt(at)
    if (isInString && byte === '\\') at++
    else if (byte === '"') isInString = !isInString
    else if (!isInString && byte === '{') depth++
    else if (!isInString && byte === '}' && --depth === 0) return { isClosed: true, isInString: false, last: '}' }
  }
  return { isClosed: false, isInString, last: /[^ \t\r\n](?=[ \t\r\n]*$)/.exec(text)?.[0] ?? '' }
}

/** Not within a character of UTF-8. */
function cut(message: string, maxBytes: number): string {
  const kept = message.slice(0, maxBytes)
  if (!/^[\x80-\xbf]/.test(message.slice(maxBytes))) return kept
  return kept.replace(/([\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})$/, '')
}

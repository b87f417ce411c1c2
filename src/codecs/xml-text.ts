import { isUtf8 } from 'node:buffer'

/**
 * Text on its way into an XML 1.0 element, as a string with a character for each *byte* of its UTF-8 form (latin1).
 * Such strings join, search and leave several times as fast as those with wide characters.
 */
export interface XmlText {
  /** Escaped and legal. */
  readonly latin1: string
  /** The size of what came in, in UTF-8. */
  readonly bytes: number
  /** Characters which XML cannot carry, and bytes which are no UTF-8, that U+FFFD now stands for. */
  readonly replaced: number
}

/**
 * What finds the texts among many that `xmlText` would change or would have to write as other bytes: to be tested on
 * each, after one look at all of them `joined`. Undefined when there are none, and each goes as it is.
 *
 * V8 searches classes of up to 16 characters by SIMD and larger ones one character at a time, five times as slow.
 */
export function xmlTextNeeded(joined: string): RegExp | undefined {
  if (lowControls.test(joined) || highControls.test(joined) || !isAscii(joined)) return anythingButPlain
  return markup.test(joined) ? markup : undefined
}

const markup = /[&<>\r]/
const lowControls = /[\0-\x08\v\f\x0e\x0f]/
const highControls = /[\x10-\x1f]/
const anythingButPlain = /[^\t\n -%'-;=?-~]/

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length
}

/**
 * Escapes `&`, `<`, `>` and the carriage return, which parsers would turn into a line feed. Control characters but tab
 * and line feed, U+FFFE, U+FFFF and lone surrogates have no escape in XML 1.0 (section 2.2): they are replaced.
 */
export function xmlText(content: string | Uint8Array): XmlText {
  let replaced = 0
  let latin1: string
  if (typeof content === 'string') {
    latin1 = content
    if (!isAscii(content)) {
      replaced += matches(content, /\p{Surrogate}/gu)
      latin1 = Buffer.from(content).toString('latin1') // writes a lone surrogate as U+FFFD
    }
  } else {
    const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    latin1 = buffer.toString('latin1')
    if (!isUtf8(buffer)) {
      const text = buffer.toString()
      // One which was sent as such is no loss.
      replaced += matches(text, /\ufffd/g) - matches(latin1, /\xef\xbf\xbd/g)
      latin1 = Buffer.from(text).toString('latin1')
    }
  }
  const bytes = latin1.length
  if (latin1.includes('&')) latin1 = latin1.replaceAll('&', '&amp;')
  if (latin1.includes('<')) latin1 = latin1.replaceAll('<', '&lt;')
  if (latin1.includes('>')) latin1 = latin1.replaceAll('>', '&gt;')
  if (latin1.includes('\r')) latin1 = latin1.replaceAll('\r', '&#13;')
  if (illegalInXml.test(latin1)) {
    replaced += matches(latin1, new RegExp(illegalInXml, 'g'))
    latin1 = latin1.replaceAll(new RegExp(illegalInXml, 'g'), '\xef\xbf\xbd')
  }
  return { latin1, bytes, replaced }
}

/** The two non-characters are three bytes each; EF only ever begins a character. */
const illegalInXml = /[\0-\x08\v\f\x0e-\x1f]|\xef\xbf[\xbe\xbf]/

function matches(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

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

/** Finds what `xmlText` would change, or would have to write as other bytes. Text without a match goes as it is. */
export const needsXmlText = /[^\t\n -%'-;=?-~]/

/**
 * Whether `needsXmlText` finds nothing, for long texts: V8 searches classes of up to 16 characters by SIMD, larger ones
 * one character at a time, so these take less than half as long.
 */
export function isPlainXml(text: string): boolean {
  if (/[&<>\r]/.test(text) || /[\0-\x08\v\f\x0e\x0f]/.test(text) || /[\x10-\x1f]/.test(text)) return false
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
    const utf8 = Buffer.from(content) // writes a lone surrogate as U+FFFD
    if (utf8.length !== content.length) replaced += matches(content, /\p{Surrogate}/gu)
    latin1 = utf8.toString('latin1')
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

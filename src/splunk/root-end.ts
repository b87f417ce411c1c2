/**
 * Where the root element of an XML document ends: the index behind its last `>`, or undefined when the text does not
 * reach that far. Knows comments, CDATA, processing instructions and quoted attributes, so `</input>` inside any of
 * these ends nothing. Whether the document is well-formed is for the parser to say.
 */
export function findRootEnd(text: string): number | undefined {
  let depth = 0
  let at = text.indexOf('<')
  while (at >= 0) {
    const end = markupEnd(text, at)
    if (end === undefined) return undefined
    const second = text[at + 1]
    if (second !== '!' && second !== '?') {
      if (second === '/') depth -= 1
      else if (text[end - 2] !== '/') depth += 1
      if (depth <= 0) return end
    }
    at = text.indexOf('<', end)
  }
  return undefined
}

/** The index behind the markup which begins at `at`. */
function markupEnd(text: string, at: number): number | undefined {
  for (const [opening, closing] of sections) {
    if (text.startsWith(opening, at)) return indexBehind(text, closing, at + opening.length)
  }
  const delimiter = /[>"']/g
  delimiter.lastIndex = at
  for (let found = delimiter.exec(text); found !== null; found = delimiter.exec(text)) {
    if (found[0] === '>') return found.index + 1
    const behindQuote = indexBehind(text, found[0], found.index + 1)
    if (behindQuote === undefined) return undefined
    delimiter.lastIndex = behindQuote
  }
  return undefined
}

const sections = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const

function indexBehind(text: string, part: string, from: number): number | undefined {
  const index = text.indexOf(part, from)
  return index < 0 ? undefined : index + part.length
}

/** Two columns in every terminal: East Asian wide and full-width characters, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const zero = /[\p{Mn}\p{Me}\u200d\ufe0f]/u

/** Columns a text takes in a terminal. */
export function textWidth(text: string): number {
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** The text in at most so many columns; a cut one ends in `…`. */
export function clipText(text: string, maxWidth: number): string {
  if (textWidth(text) <= maxWidth) return text
  let clipped = ''
  let width = 1
  for (const character of text) {
    width += characterWidth(character)
    if (width > maxWidth) break
    clipped += character
  }
  return maxWidth < 1 ? '' : `${clipped}…`
}

/** As `clipText`, but the end is what stays: of a path it says more. */
export function clipStart(text: string, maxWidth: number): string {
  const reversed = (one: string): string => Array.from(one).reverse().join('')
  return textWidth(text) <= maxWidth ? text : reversed(clipText(reversed(text), maxWidth))
}

/** The text in lines of at most so many columns, cut at spaces; a longer word gets a line of its own. */
export function wrapText(text: string, maxWidth: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && textWidth(last) + 1 + textWidth(word) <= maxWidth)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** One line of any text: line ends and tabs are shown, and nothing in it can steer the terminal. */
export function oneLine(text: string): string {
  return text.replaceAll(/\r?\n/g, '↵').replaceAll('\t', ' ').replaceAll(/\p{C}/gu, '·')
}

function characterWidth(character: string): number {
  if (character < '\u0300') return 1
  if (zero.test(character)) return 0
  return wide.test(character) ? 2 : 1
}

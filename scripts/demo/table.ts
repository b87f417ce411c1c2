import { clipStart, clipText, textWidth } from './text-width.ts'

export interface Column {
  readonly title: string
  /** Default left. */
  readonly align?: 'left' | 'right'
  /** In terminal columns. Default the title's. Keeps a table from jumping while its values change. */
  readonly minWidth?: number
  /** In terminal columns; what is longer is cut. Default: none. */
  readonly maxWidth?: number
  /** Which end of a longer value is cut off. Default the end. */
  readonly cut?: 'start' | 'end'
}

/** Aligned columns without a frame, the titles first; no line is wider than `maxWidth`. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  maxWidth: number,
): readonly string[] {
  const widths = columns.map(({ title, minWidth = 0, maxWidth: most = Number.POSITIVE_INFINITY }, i) => {
    const needed = Math.max(textWidth(title), minWidth, ...rows.map((row) => textWidth(row[i] ?? '')))
    return Math.min(needed, most)
  })
  return [columns.map(({ title }) => title), ...rows].map((row) => {
    const cells = columns.map((column, i) => fitted(row[i] ?? '', widths[i] ?? 0, column))
    return clipText(cells.join('  ').trimEnd(), maxWidth)
  })
}

function fitted(text: string, width: number, { align = 'left', cut = 'end' }: Column): string {
  const clipped = cut === 'end' ? clipText(text, width) : clipStart(text, width)
  const space = ' '.repeat(Math.max(0, width - textWidth(clipped)))
  return align === 'right' ? space + clipped : clipped + space
}

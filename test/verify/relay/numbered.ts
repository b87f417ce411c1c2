import assert from 'node:assert/strict'

export interface Comparison {
  readonly missing: readonly string[]
  readonly repeated: readonly string[]
  /** Which came after a later one. */
  readonly outOfOrder: readonly string[]
  /** Without a number, or with one nobody sent. */
  readonly strangers: readonly string[]
}

/** What one sender sent under the numbers from `first` to `last`, and what came of it. */
export interface Numbered {
  readonly first?: number
  readonly last: number
  /** Its first group is the number. Default `n=000123`. */
  readonly pattern?: RegExp
}

/** Message by message; in each list the first few, or ranges of them. */
export function compareNumbered(
  { first = 0, last, pattern = /n=(\d{6})\b/ }: Numbered,
  got: readonly string[],
): Comparison {
  const seen = new Set<number>()
  const [repeated, outOfOrder]: [number[], number[]] = [[], []]
  const strangers: string[] = []
  let newest = -1
  for (const message of got) {
    const number = Number(pattern.exec(message)?.[1] ?? -1)
    if (number < first || number > last) strangers.push(message.slice(0, 200))
    else if (seen.has(number)) repeated.push(number)
    else if (number < newest) outOfOrder.push(number)
    newest = Math.max(newest, number)
    seen.add(number)
  }
  const missing: number[] = []
  for (let number = first; number <= last; number += 1) if (!seen.has(number)) missing.push(number)
  return {
    missing: ranges(missing),
    repeated: ranges(repeated),
    outOfOrder: ranges(outOfOrder),
    strangers: few(strangers),
  }
}

/** Each once, in order, and nothing else; `hint` says what else may explain a loss. */
export function assertNumbered(numbered: Numbered, got: readonly string[], hint?: () => string): void {
  const clean: Comparison = { missing: [], repeated: [], outOfOrder: [], strangers: [] }
  const comparison = compareNumbered(numbered, got)
  const isClean = Object.values(comparison).every((list: readonly string[]) => list.length === 0)
  if (!isClean) assert.deepEqual({ ...comparison, hint: hint?.() }, clean)
}

function ranges(numbers: readonly number[]): readonly string[] {
  const found: [number, number][] = []
  for (const number of numbers) {
    const newest = found.at(-1)
    if (newest?.[1] === number - 1) newest[1] = number
    else found.push([number, number])
  }
  return few(found.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)))
}

function few(texts: readonly string[]): readonly string[] {
  return texts.length > 10 ? [...texts.slice(0, 10), `and ${texts.length - 10} more`] : texts
}

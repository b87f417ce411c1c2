/** A row of the bench: what was measured, against what, and what is asked for. */
export interface Row {
  readonly name: string
  readonly figure: string
  /** `at least 0.70`, or empty when the row only informs. */
  readonly asked: string
  readonly holds: boolean
  readonly details: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

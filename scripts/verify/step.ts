/**
 * A part of `make verify`. `run` says what goes on, line by line, and resolves with what came of it; what it throws is
 * a failure, whose message is for people. When `signal` aborts it ends what it started and settles soon.
 */
export interface Step {
  readonly name: string
  run(context: StepContext): Promise<Outcome>
}

export interface StepContext {
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

export interface Outcome {
  /** Tests, or whatever else the step counts. */
  readonly passed: number
  readonly failed: number
  /** Why nothing was done: then neither of the two counts anything. */
  readonly skipped?: string
  /** What to tell beside the verdict, in a few words. */
  readonly text: string
}

export function skip(why: string): Outcome {
  return { passed: 0, failed: 0, skipped: why, text: why }
}

/** Several outcomes as one. */
export function sum(outcomes: readonly Outcome[], text: string): Outcome {
  const passed = outcomes.reduce((total, outcome) => total + outcome.passed, 0)
  const failed = outcomes.reduce((total, outcome) => total + outcome.failed, 0)
  return { passed, failed, text }
}

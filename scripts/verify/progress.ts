import { errorText } from '../../src/core/errors.ts'
import type { Outcome, Step } from './step.ts'

export type Verdict = 'passed' | 'failed' | 'skipped'

export interface StepResult {
  readonly name: string
  readonly seconds: number
  readonly verdict: Verdict
  readonly outcome: Outcome
}

export interface ProgressOptions {
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** Silence after which a line says that it still goes on, in milliseconds. Default 15,000. */
  readonly silenceMs?: number
}

/** Runs the steps one after the other, whatever becomes of each, until the signal aborts. */
export async function runSteps(steps: readonly Step[], options: ProgressOptions): Promise<readonly StepResult[]> {
  const results: StepResult[] = []
  for (const [i, step] of steps.entries()) {
    if (options.signal.aborted) break
    options.say(`[${i + 1}/${steps.length}] ${step.name}`)
    const result = await runStep(step, options)
    options.say(`      ${result.verdict} after ${result.seconds.toFixed(1)} s: ${result.outcome.text}`)
    options.say('')
    results.push(result)
  }
  return results
}

async function runStep(step: Step, { say, signal, silenceMs = 15_000 }: ProgressOptions): Promise<StepResult> {
  const beganMs = performance.now()
  const seconds = (): number => (performance.now() - beganMs) / 1000
  let saidMs = beganMs
  const tell = (line: string): void => {
    saidMs = performance.now()
    say(line === '' ? '' : `      ${line}`)
  }
  const timer = setInterval(() => {
    if (performance.now() - saidMs >= silenceMs) tell(`… still at it after ${seconds().toFixed(0)} s`)
  }, silenceMs / 5)
  let outcome: Outcome
  try {
    outcome = await step.run({ say: tell, signal })
  } catch (error) {
    outcome = { passed: 0, failed: 1, text: errorText(error) }
  } finally {
    clearInterval(timer)
  }
  return { name: step.name, seconds: seconds(), verdict: verdictOf(outcome), outcome }
}

/** A step in which nothing was counted has verified nothing. */
function verdictOf({ passed, failed, skipped }: Outcome): Verdict {
  if (skipped !== undefined) return 'skipped'
  return failed === 0 && passed > 0 ? 'passed' : 'failed'
}

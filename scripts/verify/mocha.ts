import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { runChild } from './child.ts'
import type { Outcome, StepContext } from './step.ts'

export interface MochaOptions {
  /** Files or patterns, from the repository's root. */
  readonly files: readonly string[]
  /** Beside the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** Files at the same time. Default 1. */
  readonly jobs?: number
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const mocha = fileURLToPath(import.meta.resolve('mocha/bin/mocha.js'))

/** Runs tests, says what they say, and counts them. */
export async function runMocha(
  { files, env, timeoutMs, jobs = 1 }: MochaOptions,
  context: StepContext,
): Promise<Outcome> {
  const { signal, say } = context
  const patterns = files.map((file) => path.join(root, file))
  const totals = new MochaTotals()
  const end = await runChild({
    command: process.execPath,
    args: [mocha, '--no-color', ...(jobs > 1 ? ['--parallel', '--jobs', String(jobs)] : []), ...patterns],
    ...(env !== undefined && { env }),
    timeoutMs,
    signal,
    onLine: (line) => {
      totals.read(line)
      if (line.trim() !== '') say(line)
    },
  })
  return totals.outcome(end.isGood, end.how)
}

/** Counts what mocha's own summary says: `  12 passing (3s)`, `  1 failing`. */
export class MochaTotals {
  #passed = 0
  #failed = 0

  read(line: string): void {
    const [, count, what] = /^ {2}(\d+) (passing|failing)\b/.exec(stripVTControlCharacters(line)) ?? []
    if (what === 'passing') this.#passed = Number(count)
    if (what === 'failing') this.#failed = Number(count)
  }

  /** A run which ended badly has failed, whatever it counted; so has one without a test. */
  outcome(isGood: boolean, how: string): Outcome {
    const [passed, failed] = [this.#passed, this.#failed]
    if (isGood && failed === 0 && passed > 0) return { passed, failed, text: `${passed} tests` }
    const why = failed > 0 ? `${failed} of ${passed + failed} tests failed` : isGood ? 'there were no tests' : how
    return { passed, failed: Math.max(1, failed), text: why }
  }
}

import { appInspectStep } from './verify/appinspect.ts'
import { demoStep } from './verify/demo.ts'
import {
  connectionsStep,
  historiesStep,
  killsStep,
  mutationsStep,
  olderNodeStep,
  relayKillsStep,
} from './verify/full-counts.ts'
import { interopStep } from './verify/interop.ts'
import { motoStep } from './verify/moto.ts'
import { runSteps } from './verify/progress.ts'
import { realSplunkStep } from './verify/real-splunk.ts'
import { relayStep } from './verify/relay.ts'
import { reportOf } from './verify/report.ts'
import { spoolStep } from './verify/spool.ts'
import type { Step } from './verify/step.ts'

/**
 * `make verify`: the full counts, and the product against parts which are not ours. What a step needs it installs below
 * `.verify`. A step which fails ends nothing: the table at the end tells. Exit 0 when none failed, 1 otherwise, 130
 * when it was interrupted.
 *
 *     node scripts/verify.ts moto demo      only the steps whose names have one of these words
 */
const allSteps: readonly Step[] = [
  historiesStep,
  killsStep,
  relayKillsStep,
  mutationsStep,
  connectionsStep,
  olderNodeStep,
  appInspectStep,
  interopStep,
  motoStep,
  relayStep,
  demoStep,
  realSplunkStep,
  spoolStep,
]

const words = process.argv.slice(2)
const steps = allSteps.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))

const interruption = new AbortController()
const { signal } = interruption
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interruption.abort()
  })
}
process.stdout.on('error', () => {
  interruption.abort() // nobody looks any more
})

const say = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const report = reportOf(await runSteps(steps, { say, signal }), steps.length)
for (const line of report.lines) say(line)
process.exitCode = signal.aborted ? 130 : report.isGood ? 0 : 1

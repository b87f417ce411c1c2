import { Screen } from './demo/screen.ts'
import { Stage } from './demo/stage.ts'
import { runStory } from './demo/story.ts'
import { summaryLines } from './demo/summary.ts'

/**
 * `make demo`: log lines through a local Kinesis and the packaged modular input, with a split and a restart under way.
 * Exit 0 when every line came out in order, 1 with a sentence when not, 130 when it was interrupted.
 */
const timeoutMs = 115_000

const beganMs = performance.now()
const over = new AbortController()
const undoing: (() => Promise<void>)[] = []
const fail = (error: Error): void => {
  over.abort(error)
}
const failure = new Promise<never>((_, reject) => {
  over.signal.addEventListener('abort', () => {
    reject(over.signal.reason as Error)
  })
})
failure.catch(() => undefined)

class Interrupted extends Error {}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (over.signal.reason instanceof Interrupted) process.exit(130)
    fail(new Interrupted('interrupted'))
  })
}
process.stdout.on('error', fail) // nobody looks any more
setTimeout(fail, timeoutMs, new Error(`The demo did not end within ${timeoutMs / 1000} s.`)).unref()

const screen = new Screen({ output: process.stdout })
const stage = new Stage(screen, fail, over.signal)
let exitCode = 1
try {
  screen.say('kinloader demo: log lines through a local Kinesis into what Splunk would index; half a minute\n', 'bold')
  const onEnd = (undo: () => Promise<void>): void => {
    undoing.push(undo)
  }
  const verdict = await Promise.race([runStory({ screen, stage, fail, onEnd }), failure])
  screen.close()
  screen.say(`\n${summaryLines(verdict, stage.meter).join('\n')}\n`)
  if (verdict.faults.length > 0) throw new Error(verdict.faults.join(' '))
  exitCode = 0
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
  screen.say(` ok   nothing lost, nothing changed, order held; ${seconds} s in all`, 'green')
} catch (error) {
  screen.close()
  if (error instanceof Interrupted) {
    exitCode = 130
    screen.say('interrupted, cleaning up')
  }
  if (exitCode === 1) screen.say(`FAILED  ${error instanceof Error ? error.message : String(error)}`, 'red')
} finally {
  over.abort()
  for (const undo of undoing.reverse()) await undo().catch(() => undefined)
}
process.exit(exitCode)

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
    fail(new Interrupted('interrupted'))
  })
}
process.stdout.on('error', fail) // nobody looks any more
setTimeout(fail, timeoutMs, new Error(`The demo did not end within ${timeoutMs / 1000} s.`)).unref()

const screen = new Screen({ output: process.stdout })
const stage = new Stage(screen, fail, over.signal)
let exitCode = 1
try {
  const onEnd = (undo: () => Promise<void>): void => {
    undoing.push(undo)
  }
  const verdict = await Promise.race([runStory({ screen, stage, fail, onEnd }), failure])
  screen.close()
  screen.say(summaryLines(verdict, stage.meter, (performance.now() - beganMs) / 1000).join('\n'))
  if (verdict.faults.length === 0) exitCode = 0
  else screen.say(`\nFAILED  ${verdict.faults.join(' ')}`, 'red')
} catch (error) {
  stage.close()
  screen.close()
  if (error instanceof Interrupted) exitCode = 130
  else screen.say(`\nFAILED  ${error instanceof Error ? error.message : String(error)}`, 'red')
} finally {
  over.abort()
  for (const undo of undoing.reverse()) await undo().catch(() => undefined)
}
process.exit(exitCode)

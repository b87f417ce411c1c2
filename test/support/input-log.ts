import assert from 'node:assert/strict'
import type { RunningInput } from '../fakes/splunkd/input-process.ts'
import { secretOfEnvironment, sessionKey } from './input-world.ts'

/** The secret of the settings, where a test sets one. */
export const secretOfSettings = 'settings+secret/0123456789abcdefghijklmn'

/** That splunkd can make an entry of each line, and that none of them tells a secret. */
export function assertLog(runs: readonly Pick<RunningInput, 'stderr'>[]): void {
  for (const { stderr } of runs) {
    for (const line of stderr) {
      assert.match(line, /^(DEBUG|INFO|WARN|ERROR|FATAL) at=/)
      assert.doesNotMatch(line, /Warning: | at \S+ \(|node:internal|\.js:\d+/, 'a warning or a stack trace')
      for (const secret of [secretOfEnvironment, secretOfSettings, sessionKey]) assert.ok(!line.includes(secret), line)
    }
  }
}

/** The lines of these levels. */
export function linesOf(input: Pick<RunningInput, 'stderr'>, ...levels: readonly string[]): string[] {
  return input.stderr.filter((line) => levels.includes(line.split(' ', 1)[0] ?? ''))
}

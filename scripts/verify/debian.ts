import { existsSync } from 'node:fs'
import { runChild } from './child.ts'
import type { StepContext } from './step.ts'

const minuteMs = 60_000

/** Whether this is Debian, or one of its kind. */
export function hasAptGet(): boolean {
  return existsSync('/usr/bin/apt-get')
}

/** Whether all are there afterwards. Asks nobody for a password. */
export async function installDebian(packages: readonly string[], context: StepContext): Promise<boolean> {
  if (packages.length === 0 || !hasAptGet()) return false
  context.say(`installing ${packages.join(' ')} with apt-get`)
  await updateDebian(context)
  return asRoot(['/usr/bin/apt-get', '-qq', '-y', 'install', ...packages], context)
}

/** The lists of packages; old ones name versions which are no longer to be had. */
export async function updateDebian(context: StepContext): Promise<boolean> {
  return asRoot(['/usr/bin/apt-get', '-qq', 'update'], context)
}

/** As anybody else than root only where sudo asks for no password. */
async function asRoot(command: readonly string[], context: StepContext): Promise<boolean> {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  return isGood('env', [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command], context)
}

/** Whether it ended well, and within five minutes. */
export async function isGood(command: string, args: readonly string[], { signal }: StepContext): Promise<boolean> {
  const end = await runChild({ command, args, signal, timeoutMs: 5 * minuteMs })
  return end.isGood
}

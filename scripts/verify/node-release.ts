import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from './child.ts'
import type { StepContext } from './step.ts'

const attempts = 2

/** Another release of Node.js, from npm, in `.verify/node-<version>`; resolves with its binary. */
export async function installNode(version: string, context: StepContext): Promise<string> {
  const home = fileURLToPath(new URL(`../../.verify/node-${version}`, import.meta.url))
  const name = `node-${process.platform}-${process.arch}`
  const binary = path.join(home, 'node_modules', name, 'bin/node')
  if (await isVersion(binary, version, context)) return binary
  let how = ''
  for (let attempt = 1; attempt <= attempts && !context.signal.aborted; attempt += 1) {
    context.say(`installing ${name}@${version} into .verify/node-${version}`)
    const flags = ['--prefix', home, '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
    const end = await runChild({
      command: 'npm',
      args: ['install', ...flags, `${name}@${version}`],
      signal: context.signal,
      timeoutMs: 300_000,
    })
    how = end.how
    if (await isVersion(binary, version, context)) return binary
  }
  throw new Error(`Node.js ${version} cannot be had: npm install ${name}@${version} failed (${how})`)
}

async function isVersion(binary: string, version: string, { signal }: StepContext): Promise<boolean> {
  if (!existsSync(binary)) return false
  const { isGood, lines } = await runChild({ command: binary, args: ['--version'], signal, timeoutMs: 30_000 })
  return isGood && lines[0] === `v${version}`
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../../scripts/build.ts'
import { testedNode } from './tested-node.ts'

/** A modular input as splunkd starts it. */
export interface InputCommand {
  readonly command: string
  readonly args: readonly string[]
}

/**
 * The input `kinloader`, bundled as it is in the Splunk app; made once, removed when this process ends.
 *
 * It runs under the Node of the tests, or under the binary which `KINLOADER_NODE` names.
 */
export function bundledInput(): Promise<InputCommand> {
  bundle.made ??= bundleInput()
  return bundle.made
}

const bundle: { made: Promise<InputCommand> | undefined } = { made: undefined }

async function bundleInput(): Promise<InputCommand> {
  const folder = mkdtempSync(join(tmpdir(), 'kinloader-bundle-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  await buildApp(folder)
  return { command: testedNode, args: [join(folder, 'kinloader.js')] }
}

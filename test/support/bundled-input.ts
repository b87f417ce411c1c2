import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp, type schemes } from '../../scripts/build.ts'
import { testedNode } from './tested-node.ts'

/** A modular input as splunkd starts it. */
export interface InputCommand {
  readonly command: string
  readonly args: readonly string[]
}

/**
 * A modular input, bundled as it is in the Splunk app; the bundle is made once, and removed when this process ends.
 *
 * It runs under the Node of the tests, or under the binary which `KINLOADER_NODE` names.
 */
export async function bundledInput(scheme: (typeof schemes)[number] = 'kinloader'): Promise<InputCommand> {
  bundle.made ??= bundleInputs()
  return { command: testedNode, args: [join(await bundle.made, `${scheme}.js`)] }
}

const bundle: { made: Promise<string> | undefined } = { made: undefined }

async function bundleInputs(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kinloader-bundle-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  await buildApp(folder)
  return folder
}

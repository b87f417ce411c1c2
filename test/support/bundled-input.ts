import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

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
  await build({
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    entryPoints: { kinloader: 'src/programs/kinloader.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    // CommonJS dependencies ask for node: built-ins by `require`.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n')
  return { command: process.env['KINLOADER_NODE'] ?? process.execPath, args: [join(folder, 'kinloader.js')] }
}

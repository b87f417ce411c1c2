import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildCommands } from '../../scripts/build-commands.ts'

/** The folder of the commands as users get them, `<name>.js`; made once, removed when this process ends. */
export function bundledCommands(): Promise<string> {
  bundle.made ??= bundleCommands()
  return bundle.made
}

const bundle: { made: Promise<string> | undefined } = { made: undefined }

async function bundleCommands(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'kinloader-commands-'))
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  const bin = join(folder, 'bin')
  await buildCommands(bin)
  // Without this Node would parse each file twice to find out what it is.
  writeFileSync(join(bin, 'package.json'), '{"type":"module"}\n')
  return bin
}

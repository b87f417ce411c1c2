import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { collectLicences } from './licences.ts'

/** The commands: each is a program of that name which begins with `#!/usr/bin/env node`, and an entry of `bin` in package.json. */
export const commands = [] as const

/** A command which is larger has something in it that it does not need. */
export const maxCommandBytes = 1_000_000

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bundles each command into one file of its own, `dist/bin/<name>.js`, and returns the sizes in bytes by name. */
export async function buildCommands(folder = path.join(root, 'dist/bin')): Promise<ReadonlyMap<string, number>> {
  rmSync(folder, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(commands.map((name) => [name, `src/programs/${name}.ts`])),
    outdir: folder,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none', // the folder has a file with the licences in full
    metafile: true,
    logLevel: 'warning',
    // CommonJS dependencies ask for node: built-ins by `require`.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  })
  writeFileSync(path.join(folder, 'THIRD-PARTY-LICENSES.txt'), collectLicences(metafile, root, 'The commands'))
  const sizes = new Map<string, number>()
  for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
    chmodSync(path.join(root, file), 0o755)
    if (bytes > maxCommandBytes)
      throw new Error(`${file} has ${bytes} bytes; a command has at most ${maxCommandBytes}.`)
    sizes.set(path.basename(file, '.js'), bytes)
  }
  return sizes
}

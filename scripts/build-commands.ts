import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { collectLicences } from './licences.ts'

/** The commands: each is a program of that name, and an entry of `bin` in package.json. */
export const commands = ['dumpstream', 'kinesyslog', 'logdecode', 'log2kinesis'] as const

/** A command which is larger has something in it that it does not need. */
export const maxCommandBytes = 1_000_000

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bundles each command into one file of its own, `dist/bin/<name>.js`, and returns the sizes in bytes by name. */
export async function buildCommands(folder = path.join(root, 'dist/bin')): Promise<ReadonlyMap<string, number>> {
  rmSync(folder, { recursive: true, force: true })
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(commands.map((name) => [name, `src/programs/${name}.ts`])),
    outdir: folder,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none', // the folder has a file with the licences in full
    metafile: true,
    logLevel: 'warning',
  })
  mkdirSync(folder, { recursive: true })
  const sizes = new Map<string, number>()
  for (const { path: file, text } of outputFiles) {
    const whole = `${head}${text.replace(/^#!.*\n/, '')}`
    const bytes = Buffer.byteLength(whole)
    if (bytes > maxCommandBytes) {
      throw new Error(`${file} would have ${bytes} bytes; a command has at most ${maxCommandBytes}.`)
    }
    writeFileSync(file, whole, { mode: 0o755 })
    sizes.set(path.basename(file, '.js'), bytes)
  }
  writeFileSync(path.join(folder, 'THIRD-PARTY-LICENSES.txt'), collectLicences(metafile, root, 'The commands'))
  return sizes
}

/** CommonJS dependencies ask for node: built-ins by `require`. */
const head = `#!/usr/bin/env node
import{createRequire}from'node:module';const require=createRequire(import.meta.url);
`

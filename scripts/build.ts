import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { isStarted } from './started.ts'

/** The schemes of the Splunk app: each is a program of that name, with hyphens, and an entry of the bundle. */
export const schemes = ['kinloader', 'kinloader_syslog'] as const

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Bundles the modular inputs into `dist/app`: an entry a scheme, and chunks which are loaded when they are needed. Two
 * runs over the same sources make the same bytes.
 */
export async function buildApp(folder = path.join(root, 'dist/app')): Promise<Metafile> {
  rmSync(folder, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      schemes.map((scheme) => [scheme, `src/programs/${scheme.replaceAll('_', '-')}.ts`]),
    ),
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    mainFields: ['module', 'main'],
    minify: true,
    // Stack traces are never printed, but an error's class name may be.
    keepNames: false,
    legalComments: 'none', // the package has a file with the licences in full
    metafile: true,
    logLevel: 'warning',
    // CommonJS dependencies ask for node: built-ins by `require`.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  })
  // Without this Node would parse each file twice to find out what it is.
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}\n')
  return metafile
}

if (isStarted(import.meta.url)) {
  const { outputs } = await buildApp()
  const bytes = Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0)
  process.stdout.write(`dist/app: ${Object.keys(outputs).length} files, ${Math.round(bytes / 1024)} KiB\n`)
}

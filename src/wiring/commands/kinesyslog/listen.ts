import type { Logger } from '../../../core/logger.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import { openFilesLimit } from '../../../host/open-files.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { refuseFaults } from './configuration-faults.ts'
import { relayExitCode } from './exit-codes.ts'
import { listenDefinition } from './listen-flags.ts'
import { readListenSettings } from './listen-settings.ts'
import { openFilesWarning } from './open-files-warning.ts'

export const kinesyslogListen: RunnableCommand = {
  definition: listenDefinition,
  run: listen,
  failureExitCode: relayExitCode,
}

async function listen(values: CommandValues, host: ProgramHost): Promise<number> {
  // Who renews certificates does not know whether it listens already; before that there is nothing to read again.
  host.onHangup(() => {})
  const settings = readListenSettings(values)
  const logger = settings.isDebug ? host.logger : withoutDebug(host.logger)
  const fewFiles = openFilesWarning(settings.maxConnections, openFilesLimit())
  for (const warning of [...settings.warnings, ...(fewFiles === undefined ? [] : [fewFiles])]) {
    logger.warn('settings', { warning })
  }
  await refuseFaults(settings)
  // AWS code is not loaded for --help or wrong settings.
  const { runRelay } = await import('./relay.ts')
  await runRelay(settings, { ...host, logger })
  return exitCodes.done
}

function withoutDebug(logger: Logger): Logger {
  return { ...logger, debug() {} }
}

import type { Logger } from '../../../core/logger.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { refuseFaults } from './configuration-faults.ts'
import { relayExitCode } from './exit-codes.ts'
import { listenDefinition } from './listen-flags.ts'
import { readListenSettings } from './listen-settings.ts'

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
  for (const warning of settings.warnings) logger.warn('settings', { warning })
  await refuseFaults(settings)
  // AWS code is not loaded for --help or wrong settings.
  const { runRelay } = await import('./relay.ts')
  await runRelay(settings, { ...host, logger })
  return exitCodes.done
}

function withoutDebug(logger: Logger): Logger {
  return { ...logger, debug() {} }
}

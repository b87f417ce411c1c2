import { KinloaderError } from '../../../core/errors.ts'
import type { Logger } from '../../../core/logger.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { relayExitCode } from './exit-codes.ts'
import { listenDefinition } from './listen-flags.ts'
import { readListenSettings } from './listen-settings.ts'

export const kinesyslogListen: RunnableCommand = {
  definition: listenDefinition,
  run: listen,
  failureExitCode: relayExitCode,
}

async function listen(values: CommandValues, host: ProgramHost): Promise<number> {
  const settings = readListenSettings(values)
  const logger = settings.isDebug ? host.logger : withoutDebug(host.logger)
  for (const warning of settings.warnings) logger.warn('settings', { warning })
  // AWS code is not loaded for --help or wrong settings.
  const { Relay } = await import('./relay.ts')
  const relay = await Relay.open(settings, { ...host, logger })
  await relay.run()
  return exitCodes.done
}

function withoutDebug(logger: Logger): Logger {
  return { ...logger, debug() {} }
}

/** Several things which are wrong, in one error with the code of the first. */
export function together(errors: readonly { readonly code: string; readonly message: string }[]): KinloaderError {
  return new KinloaderError(errors[0]?.code ?? 'CONFIGURATION', errors.map(({ message }) => message).join(' '))
}

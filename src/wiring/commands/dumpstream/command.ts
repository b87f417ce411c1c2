import { isAborted } from '../../../core/aborting.ts'
import { errorCode } from '../../../core/errors.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { dump } from './dump.ts'
import { definition, readDumpSettings } from './settings.ts'

/** The command `dumpstream`: the records of a stream, as they were put, to stdout or into a file. */
export const dumpstreamCommand: RunnableCommand = { definition, run }

async function run(values: CommandValues, host: ProgramHost): Promise<number> {
  const settings = readDumpSettings(values, host.clock.now())
  try {
    await dump(settings, host)
  } catch (error) {
    // Ended by a signal before it had begun.
    if (!isAborted(host.signal) || errorCode(error) !== 'ABORTED') throw error
  }
  return exitCodes.done
}

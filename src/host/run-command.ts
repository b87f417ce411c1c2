import { errorCode, errorText } from '../core/errors.ts'
import { type CommandDefinition, type CommandValues, parseCommandLine, usageLineOf } from './command-line.ts'
import { type ProgramHost, runProgram } from './run.ts'

/** What a command ends with, besides its own exit codes. */
export const exitCodes = { done: 0, partly: 1, usage: 2, failed: 100 } as const

export interface RunnableCommand {
  readonly definition: CommandDefinition
  /** The exit code for an error's code. Default: 100, whatever it is. */
  readonly failureExitCode?: (code: string) => number
  /** Resolves with the exit code. What it throws is told in one sentence, exit code 100; with the code `USAGE`, 2. */
  run(values: CommandValues, host: ProgramHost): Promise<number>
}

export interface RunCommandOptions {
  /** From the first signal to the end of the process, whatever hangs. Default 30,000: what is buffered shall get out. */
  readonly stopTimeoutMs?: number
  /** When something was thrown past the program. Default 100. */
  readonly crashExitCode?: number
  /** What `--version` prints behind the program's name. Default: there is no such flag. */
  readonly version?: string
}

/** Runs this process as a command for people: its messages go to stderr under its name, its log lines bear the time. */
export async function runCommand(command: RunnableCommand, options: RunCommandOptions = {}): Promise<void> {
  await runProgram((host) => runOn(host, command, host.argv), commandRun(options))
}

/** The same for a program which has several commands; the first argument chooses. */
export async function runCommands(
  program: string,
  commands: readonly RunnableCommand[],
  options: RunCommandOptions = {},
): Promise<void> {
  await runProgram(async (host) => {
    const [word, ...rest] = host.argv
    const chosen = commands.find(({ definition }) => definition.name === `${program} ${word ?? ''}`)
    if (chosen !== undefined) return runOn(host, chosen, rest)
    if (word === '-h' || word === '--help') {
      host.stdout.write(overview(program, commands))
      return exitCodes.done
    }
    if (word === '--version' && options.version !== undefined) {
      host.stdout.write(`${program} ${options.version}\n`)
      return exitCodes.done
    }
    const problem = word === undefined ? 'A command is missing.' : `There is no command "${word}".`
    host.terminal.write(`${program}: ${problem}\n${overview(program, commands)}`)
    return exitCodes.usage
  }, commandRun(options))
}

function commandRun(options: RunCommandOptions): Parameters<typeof runProgram>[1] {
  const { stopTimeoutMs = 30_000, crashExitCode = exitCodes.failed } = options
  return { stopTimeoutMs, log: 'timed', endsWithParent: false, crashExitCode }
}

/** Runs a command in any surroundings; resolves with the exit code and never rejects. */
export async function runOn(host: ProgramHost, command: RunnableCommand, argv: readonly string[]): Promise<number> {
  const { definition } = command
  try {
    return await command.run(parseCommandLine(definition, argv, host.environment), host)
  } catch (error) {
    const code = errorCode(error)
    if (code === 'HELP' && error instanceof Error) {
      host.stdout.write(error.message)
      return exitCodes.done
    }
    host.terminal.clear()
    // The reader of our output has gone, as in `| head`: that is no failure to tell of.
    if (code === 'EPIPE') return exitCodes.done
    const usage = code === 'USAGE' ? `${usageLineOf(definition)}\nSee ${definition.name} --help.\n` : ''
    host.terminal.write(`${definition.name}: ${errorText(error)}\n${usage}`)
    return code === 'USAGE' ? exitCodes.usage : (command.failureExitCode?.(code) ?? exitCodes.failed)
  }
}

function overview(program: string, commands: readonly RunnableCommand[]): string {
  const width = Math.max(...commands.map(({ definition }) => definition.name.length))
  const lines = commands.map(({ definition }) => `  ${definition.name.padEnd(width)}  ${definition.summary}`)
  return `Usage: ${program} <command> [options]\n\n${lines.join('\n')}\n\nSee ${program} <command> --help.\n`
}

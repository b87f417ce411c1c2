import { Command, CommanderError, Option } from 'commander'
import { KinloaderError } from '../core/errors.ts'

/** A flag of a command: what the parser, `--help` and the README's table are made of. */
export interface CommandFlag {
  /** Without the hyphens. */
  readonly name: string
  /** One letter, without the hyphen. */
  readonly short?: string
  /** What stands for its value in the help, such as `FILE`. Absent: the flag is a switch. */
  readonly value?: string
  /** Variables asked when the flag is not given; the first which is set and not empty wins. */
  readonly environment?: readonly string[]
  readonly default?: string
  readonly required?: boolean
  /** May be given several times; in a variable, white space separates the values. They come in `lists`. */
  readonly repeatable?: boolean
  /** Taken for the sake of those who know it, but not shown. */
  readonly hidden?: boolean
  /** A sentence without its full stop. */
  readonly description: string
}

/** A command, or one of the commands of a program which has several. */
export interface CommandDefinition {
  /** As it is typed, `log2kinesis send`. */
  readonly name: string
  /** A sentence or two. */
  readonly summary: string
  readonly flags: readonly CommandFlag[]
  /** What may follow the flags, as the usage line shows it, such as `[CMD [ARGS...]]`; from the first one on nothing is taken for a flag. */
  readonly operands?: string
  /** Shown below the flags; whole lines. */
  readonly notes?: readonly string[]
}

/** What was typed, or else set in the environment, or else the default. */
export interface CommandValues {
  /** By flag, as given; a switch which is on is `true`, one which is off is absent. */
  readonly flags: ReadonlyMap<string, string>
  /** By repeatable flag: its values, all from the same place. Absent when there is none. */
  readonly lists: ReadonlyMap<string, readonly string[]>
  /** The flags which somebody has set, and be it to their defaults. */
  readonly given: ReadonlySet<string>
  readonly operands: readonly string[]
}

/** Wrong usage: the message is told with the usage line, and the exit code is 2. */
export function usageError(message: string): KinloaderError {
  return new KinloaderError('USAGE', message)
}

/**
 * Reads the arguments of one command. Throws `USAGE` when they are wrong, and `HELP`, with the text as its message,
 * when help was asked for.
 */
export function parseCommandLine(
  definition: CommandDefinition,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandValues {
  const command = commandOf(definition)
  const { args, switched } = withoutSwitchValues(definition, argv)
  try {
    command.parse(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') throw new KinloaderError('HELP', helpOf(definition))
    throw usageError(sentence(error.message.replace(/^error: /, '')))
  }
  const typed: Readonly<Record<string, unknown>> = command.opts()
  const flags = new Map<string, string>()
  const lists = new Map<string, readonly string[]>()
  const given = new Set<string>()
  for (const flag of definition.flags) {
    if (switched.get(flag.name) === false) continue
    const values = typedValues(typed[flag.name]) ?? environmentValues(flag, environment)
    if (values !== undefined) given.add(flag.name)
    const value = values?.at(-1) ?? flag.default
    if (value === undefined) {
      if (flag.required === true) throw usageError(missing(flag))
    } else if (flag.repeatable === true) lists.set(flag.name, values ?? [value])
    else flags.set(flag.name, value)
  }
  if (definition.operands === undefined && command.args.length > 0) {
    throw usageError(`There is no use for ${command.args.map((operand) => `"${operand}"`).join(' ')}; remove it.`)
  }
  return { flags, lists, given, operands: command.args }
}

/** The text of `--help`, with a line feed at its end. */
export function helpOf(definition: CommandDefinition): string {
  const notes = definition.notes === undefined ? '' : `\n${definition.notes.join('\n')}\n`
  return `${commandOf(definition).helpInformation()}${notes}`
}

/** `Usage: dumpstream [options]` */
export function usageLineOf(definition: CommandDefinition): string {
  return `Usage: ${definition.name} [options]${definition.operands === undefined ? '' : ` ${definition.operands}`}`
}

function commandOf(definition: CommandDefinition): Command {
  const command = new Command(definition.name)
  command
    .description(definition.summary)
    .usage(`[options]${definition.operands === undefined ? '' : ` ${definition.operands}`}`)
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .allowExcessArguments()
    .passThroughOptions(definition.operands !== undefined)
  for (const flag of definition.flags) {
    const short = flag.short === undefined ? '' : `-${flag.short}, `
    const value = flag.value === undefined ? '' : ` <${flag.value}>`
    const option = new Option(`${short}--${flag.name}${value}`, describe(flag))
    // Commander would make camel case of the name, and the opposite of `--x` of `--no-x`.
    option.attributeName = () => flag.name
    option.negate = false
    if (flag.repeatable === true) option.argParser((one, before: string[] | undefined) => [...(before ?? []), one])
    if (flag.hidden === true) option.hideHelp()
    command.addOption(option)
  }
  return command
}

function describe(flag: CommandFlag): string {
  const said = [
    ...(flag.required === true ? ['required'] : []),
    ...(flag.repeatable === true ? ['repeatable'] : []),
    ...(flag.default === undefined ? [] : [`default ${flag.default === '' ? 'empty' : flag.default}`]),
    ...(flag.environment === undefined ? [] : [`environment ${flag.environment.join(' or ')}`]),
  ]
  return said.length === 0 ? flag.description : `${flag.description} (${said.join('; ')})`
}

function typedValues(value: unknown): readonly string[] | undefined {
  if (value === true) return ['true']
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string')
  return typeof value === 'string' ? [value] : undefined
}

/**
 * Two spellings which Go's command lines have and commander does not: `--switch=true` or `=false`, and `-f=value`, of
 * which commander would take the `=` for a part of the value. The last one of a switch counts.
 */
function withoutSwitchValues(
  { flags, operands }: CommandDefinition,
  argv: readonly string[],
): { readonly args: string[]; readonly switched: ReadonlyMap<string, boolean> } {
  const args = [...argv]
  const switched = new Map<string, boolean>()
  for (let at = 0; at < args.length; at += 1) {
    const [whole = '', name = '', value] = /^--?([^=]+)(?:=([^]*))?$/.exec(args[at] ?? '') ?? []
    if (args[at] === '--' || (operands !== undefined && whole === '')) break
    const flag = flags.find((one) => (whole.startsWith('--') ? one.name === name : one.short === name))
    if (flag === undefined) continue
    if (flag.value !== undefined) {
      if (value === undefined) at += 1
      else if (!whole.startsWith('--')) args[at] = `-${name}${value}`
      continue
    }
    const isOn = value === undefined ? true : truth(value)
    if (isOn === undefined) throw usageError(`--${name} must be true or false.`)
    switched.set(name, isOn)
    args[at] = `--${name}`
  }
  return { args, switched }
}

/** Splunk's and Go's spellings; undefined for anything else. */
function truth(text: string): boolean | undefined {
  if (/^(1|true|t|yes|y|on)$/i.test(text)) return true
  if (/^(0|false|f|no|n|off)$/i.test(text)) return false
  return undefined
}

/** A switch is on or off by the spellings of `truth`. */
function environmentValues(
  flag: CommandFlag,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  for (const name of flag.environment ?? []) {
    const value = environment[name]
    if (value === undefined || value === '') continue
    if (flag.repeatable === true) return value.trim().split(/\s+/)
    if (flag.value !== undefined) return [value]
    const isOn = truth(value)
    if (isOn === undefined) throw usageError(`The variable ${name} must be 1 or 0.`)
    return isOn ? ['true'] : undefined
  }
  return undefined
}

function missing(flag: CommandFlag): string {
  const variables = flag.environment === undefined ? '' : `, or set ${flag.environment.join(' or ')}`
  return `--${flag.name} is missing: give it${variables}.`
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.?]$/.test(text) ? '' : '.'}`.replaceAll('\n', ' ')
}

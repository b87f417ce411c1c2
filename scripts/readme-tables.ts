import { readFileSync, writeFileSync } from 'node:fs'
import type { CommandDefinition, CommandFlag } from '../src/host/command-line.ts'
import type { InputArgument } from '../src/splunk/scheme.ts'
import { dumpstreamCommand } from '../src/wiring/commands/dumpstream/command.ts'
import { kinesyslogInstall } from '../src/wiring/commands/kinesyslog/install.ts'
import { kinesyslogListen } from '../src/wiring/commands/kinesyslog/listen.ts'
import { log2kinesisCheck } from '../src/wiring/commands/log2kinesis/check.ts'
import { log2kinesisSend } from '../src/wiring/commands/log2kinesis/send.ts'
import { logdecodeCommand } from '../src/wiring/commands/logdecode/command.ts'
import { syslogImplicitArguments, syslogScheme } from '../src/wiring/inputs/kinloader-syslog.ts'
import { implicitArguments, kinloaderScheme } from '../src/wiring/inputs/kinloader.ts'
import { isStarted } from './started.ts'

/** Every command there is. */
export const commandDefinitions: readonly CommandDefinition[] = [
  log2kinesisSend,
  log2kinesisCheck,
  dumpstreamCommand,
  logdecodeCommand,
  kinesyslogListen,
  kinesyslogInstall,
].map(({ definition }) => definition)

/**
 * The tables of options in README.md, made from what each program goes by. Each stands between the lines
 *
 *     <!-- options: NAME -->
 *     <!-- options: end -->
 *
 * and `node scripts/readme-tables.ts` writes them anew.
 */
export const readmeTables: ReadonlyMap<string, string> = new Map([
  ['kinloader', argumentTable([...kinloaderScheme.arguments, ...implicitArguments])],
  ['kinloader_syslog', argumentTable([...syslogScheme.arguments, ...syslogImplicitArguments])],
  ...commandDefinitions.map((definition): [string, string] => [definition.name, flagTable(definition)]),
])

export const readmeUrl = new URL('../README.md', import.meta.url)

/** The tables as they stand in a text, by name. */
export function tablesIn(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(tablePattern)].map(([, , name = '', table = '']) => [name, table]))
}

/** The text with its tables replaced by the true ones; one which nobody knows is left alone. */
export function withTables(text: string): string {
  return text.replaceAll(
    tablePattern,
    (_all, begin: string, name: string, table: string, end: string) =>
      `${begin}${readmeTables.get(name) ?? table}${end}`,
  )
}

const tablePattern = /^(<!-- options: (?!end )([\w ]+) -->\n)([^]*?)^(<!-- options: end -->)$/gm

function argumentTable(inputArguments: readonly InputArgument[]): string {
  return tableOf(
    ['Argument', 'Default', 'Meaning'],
    inputArguments.map(({ name, requiredOnCreate, default: preset, description = '' }) => [
      code(name),
      requiredOnCreate === true ? 'required' : code(preset),
      description,
    ]),
  )
}

/** The flags, and what the help says below them. */
function flagTable({ flags, notes }: CommandDefinition): string {
  const table = tableOf(
    ['Flag', 'Environment', 'Default', 'Meaning'],
    flags.filter(({ hidden }) => hidden !== true).map(flagRow),
  )
  return notes === undefined ? table : `${table}\n\`\`\`text\n${notes.join('\n')}\n\`\`\`\n`
}

function flagRow({
  name,
  short,
  value,
  environment = [],
  required,
  repeatable,
  default: preset,
  description,
}: CommandFlag): string[] {
  return [
    `${short === undefined ? '' : `\`-${short}\`, `}${code(`--${name}${value === undefined ? '' : ` ${value}`}`)}`,
    environment.map(code).join(', '),
    required === true ? 'required' : code(preset),
    repeatable === true ? `${description}; repeatable` : description,
  ]
}

function code(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `\`${text}\``
}

function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  return [titles, titles.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('')
    .replace(/^\| --- .*$/m, (line) => line.replaceAll(' ', ''))
}

if (isStarted(import.meta.url)) writeFileSync(readmeUrl, withTables(readFileSync(readmeUrl, 'utf8')))

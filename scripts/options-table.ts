import type { InputArgument } from '../src/splunk/scheme.ts'
import { implicitArguments, kinloaderScheme } from '../src/wiring/inputs/kinloader.ts'
import { isStarted } from './started.ts'

/**
 * The table of the input's arguments for README.md, in Markdown:
 *
 *     node scripts/options-table.ts
 */
export function optionsTable(): string {
  const rows = [...kinloaderScheme.arguments, ...implicitArguments].map(
    (argument) =>
      `| \`${argument.name}\` | ${defaultText(argument)} | ${(argument.description ?? '').replaceAll('|', '\\|')} |`,
  )
  return ['| Argument | Default | Meaning |', '|---|---|---|', ...rows, ''].join('\n')
}

function defaultText(argument: InputArgument): string {
  if (argument.requiredOnCreate === true) return 'required'
  return argument.default === undefined ? '' : `\`${argument.default}\``
}

if (isStarted(import.meta.url)) process.stdout.write(optionsTable())

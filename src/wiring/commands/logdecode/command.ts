import { KinloaderError } from '../../../core/errors.ts'
import type { CommandDefinition, CommandValues } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { BadRecords } from './bad-records.ts'
import { Decoding } from './decoding.ts'
import { type EventFormat, JsonFormat, rawFormat } from './formats.ts'
import { LineDump } from './line-dump.ts'
import { streamTarget } from './target.ts'

const definition: CommandDefinition = {
  name: 'logdecode',
  summary: 'Decodes what dumpstream has dumped: reads it from stdin and writes the events.',
  flags: [
    {
      name: 'format',
      value: 'FORMAT',
      default: 'raw',
      description: 'raw, the text of the events, or json, an object an event with all that is known of it',
    },
    { name: 'indent-json', description: 'spread each JSON object over several lines' },
    { name: 'errors', value: 'FILE', description: 'where records go which cannot be decoded, to be fed again' },
    { name: 'strict', description: 'end at the first record which cannot be decoded' },
  ],
}

export const logdecodeCommand: RunnableCommand = { definition, run }

async function run({ flags }: CommandValues, { stdin, stdout, terminal }: ProgramHost): Promise<number> {
  const format = formatOf(flags.get('format'), flags.has('indent-json'))
  const file = flags.get('errors')
  const bad = new BadRecords({ terminal, strict: flags.has('strict'), ...(file !== undefined && { file }) })
  const target = streamTarget(stdout)
  const decoding = new Decoding(format, target, bad)
  const dump = new LineDump()
  try {
    for await (const chunk of stdin) {
      for (const item of dump.push(chunk as Buffer)) await decoding.take(item)
      await decoding.flush()
    }
    for (const item of dump.end()) await decoding.take(item)
  } finally {
    await decoding.flush()
    bad.close()
  }
  if (bad.count === 0) return exitCodes.done
  return exitCodes.partly
}

function formatOf(name: string | undefined, indent: boolean): EventFormat {
  if (name === 'raw') return rawFormat
  if (name === 'json') return new JsonFormat({ indent })
  throw new KinloaderError('INVALID_FORMAT', 'Invalid value for --format: give raw or json.')
}

import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import { type CommandDefinition, type CommandValues, usageError } from '../../../host/command-line.ts'
import { exitCodes, type RunnableCommand } from '../../../host/run-command.ts'
import type { ProgramHost } from '../../../host/run.ts'
import { PatternFiles } from '../../../sinks/file-pattern/files.ts'
import { AnyDump } from './any-dump.ts'
import { BadRecords } from './bad-records.ts'
import { counted } from '../counted.ts'
import { TransferProgress } from '../transfer-progress.ts'
import { chunksOf } from './chunks.ts'
import { Decoding } from './decoding.ts'
import { type EventFormat, JsonFormat, rawFormat } from './formats.ts'
import { Repeats } from '../../../core/repeats.ts'
import { filesTarget, streamTarget, type Target } from './target.ts'
import { UsedFiles } from './used-files.ts'

const definition: CommandDefinition = {
  name: 'logdecode',
  summary: 'Decodes what dumpstream has dumped: reads it from stdin and writes the events.',
  flags: [
    {
      name: 'target-filepath',
      short: 'f',
      value: 'TEMPLATE',
      description:
        'files to write instead of stdout; %source%, %sourcetype%, %host% and %index% in it stand for what the events have',
    },
    {
      name: 'format',
      value: 'FORMAT',
      default: 'raw',
      description: 'raw, the text of the events, or json, an object an event with all that is known of it',
    },
    { name: 'indent-json', description: 'spread each JSON object over several lines' },
    { name: 'errors', value: 'FILE', description: 'where records go which cannot be decoded, to be fed again' },
    { name: 'strict', description: 'end at the first record which cannot be decoded' },
    { name: 'drop-repeats', description: 'drop records which a sender has put twice, told by their batch ids' },
  ],
  notes: [
    "Stdin is what dumpstream prints, JSON lines or raw. Each record is a sender's log record, a message of CloudWatch",
    'Logs or gzip of any text. Exit codes: 0 done, 1 some records could not be decoded, 2 wrong usage, 100 failed.',
  ],
}

export const logdecodeCommand: RunnableCommand = { definition, run }

async function run({ flags }: CommandValues, host: ProgramHost): Promise<number> {
  const { stdout, terminal } = host
  const format = formatOf(flags.get('format'), flags.has('indent-json'))
  const pattern = flags.get('target-filepath')
  const errorsFile = flags.get('errors')
  const used = usedFiles(pattern, errorsFile)
  const target = pattern === undefined ? streamTarget(stdout) : targetOf(pattern, used)
  const bytes = host.stdinFileBytes()
  const bad = new BadRecords({ terminal, strict: flags.has('strict'), file: errorsFile })
  // It may be new, and no events may come into it.
  if (errorsFile !== undefined) used.add('--errors', errorsFile)
  const repeats = flags.has('drop-repeats') ? new Repeats() : undefined
  const decoding = new Decoding({ format, target, bad, repeats })
  const progress = bytes === undefined || !isShown(host) ? undefined : progressOf(host, bytes)
  let isStopped = false
  try {
    isStopped = await decodeAll(host, decoding, progress)
  } finally {
    progress?.end()
    await decoding.flush()
    await target.close()
    bad.close()
  }
  const dropped = repeats?.count ?? 0
  const all = counted(decoding.records, 'record')
  if (dropped > 0) terminal.write(`logdecode: dropped ${dropped} of ${all}, which had come before.\n`)
  if (isStopped) terminal.write('logdecode: stopped before the end of the input.\n')
  if (bad.count > 0) terminal.write(`logdecode: ${bad.count} of ${all} could not be decoded.\n`)
  return isStopped || bad.count > 0 ? exitCodes.partly : exitCodes.done
}

/** Whether it was stopped before the end of the input. */
async function decodeAll(
  { stdin, clock, signal }: ProgramHost,
  decoding: Decoding,
  progress: TransferProgress | undefined,
): Promise<boolean> {
  const dump = new AnyDump()
  for await (const chunk of chunksOf(stdin, { clock, signal })) {
    if (chunk === 'stopped') return true
    const before = decoding.events
    for (const item of chunk === 'quiet' ? dump.quiet() : dump.push(chunk)) await decoding.take(item)
    progress?.add(chunk === 'quiet' ? 0 : chunk.length, decoding.events - before)
    await decoding.flush()
  }
  for (const item of dump.end()) await decoding.take(item)
  return false
}

/** Events on the same terminal would tear the line apart. */
function isShown({ terminal, stdout }: ProgramHost): boolean {
  return terminal.isTerminal && !('isTTY' in stdout && stdout.isTTY === true)
}

function progressOf({ terminal, clock }: ProgramHost, totalBytes: number): TransferProgress {
  const progress = new TransferProgress({ name: 'logdecode', terminal, clock, totalBytes, waitingEvents: () => 0 })
  void progress.run()
  return progress
}

/** Throws `USAGE` when the shell's files and `--errors` are not all different ones. */
function usedFiles(pattern: string | undefined, errorsFile: string | undefined): UsedFiles {
  const used = new UsedFiles()
  used.add('stdin', 0)
  if (pattern === undefined) used.add('stdout', 1)
  // The shell may have led both into one file, where they follow each other.
  if (used.useOf(2) === undefined) used.add('stderr', 2)
  if (errorsFile !== undefined) used.add('--errors', errorsFile)
  return used
}

function targetOf(pattern: string, used: UsedFiles): Target {
  try {
    return filesTarget(new PatternFiles(pattern, { useOf: (descriptor) => used.useOf(descriptor) }))
  } catch (error) {
    if (errorCode(error) !== 'INVALID_PATTERN') throw error
    throw usageError(`--target-filepath must ${errorText(error)}.`)
  }
}

function formatOf(name: string | undefined, indent: boolean): EventFormat {
  if (name === 'raw') return rawFormat
  if (name === 'json') return new JsonFormat({ indent })
  throw new KinloaderError('INVALID_FORMAT', 'Invalid value for --format: give raw or json.')
}

import { hostname } from 'node:os'
import { compileLinearPattern, type LinearPattern } from '../../../codecs/linear-pattern.ts'
import type { SplitMode } from '../../../codecs/multiline.ts'
import { compileTimeLayout, type TimeFormat } from '../../../codecs/time-layout/layout.ts'
import { errorCode, errorText, KinloaderError } from '../../../core/errors.ts'
import { type CommandDefinition, type CommandValues, usageError } from '../../../host/command-line.ts'
import { localZoneAt } from '../../../host/local-zone.ts'
import { parseChoice, parseDuration, parseInteger, parsePattern } from '../../inputs/setting-values.ts'
import type { StreamAddress } from '../../aws-connection.ts'
import { awsFlags, readAwsFlags } from '../aws-flags.ts'
import { parsedFlag } from '../parsed-flag.ts'

export const sendDefinition: CommandDefinition = {
  name: 'log2kinesis send',
  summary: "Sends what comes in on stdin, or a command's output, to a Kinesis data stream as log events.",
  operands: '[CMD [ARGS...]]',
  flags: [
    ...awsFlags,
    {
      name: 'source',
      value: 'SOURCE',
      environment: ['LOG_SOURCE'],
      required: true,
      description: 'Splunk source of the events',
    },
    {
      name: 'sourcetype',
      value: 'TYPE',
      environment: ['LOG_SOURCETYPE'],
      default: 'generic',
      description: 'Splunk sourcetype of the events',
    },
    {
      name: 'host',
      value: 'HOST',
      environment: ['LOG_HOST'],
      description: 'host of the events; else the name of this machine',
    },
    {
      name: 'index',
      value: 'INDEX',
      environment: ['LOG_INDEX'],
      default: '',
      description: "Splunk index of the events; empty is the reader's default index",
    },
    {
      name: 'timestamp',
      value: 'LAYOUT',
      environment: ['TIMESTAMP_FMT'],
      default: '2006-01-02T15:04:05Z07:00',
      description: 'layout of the local time put before each event, see below; empty puts none',
    },
    {
      name: 'capture',
      value: 'DESCRIPTOR',
      environment: ['CMD_CAPTURE'],
      default: 'stdout',
      description: 'what to read of the command, stdout or stderr',
    },
    {
      name: 'split-mode',
      value: 'MODE',
      environment: ['SPLIT_MODE'],
      default: 'newline',
      description: 'none: everything is one event; newline: a line is an event; regex: an event begins at a match',
    },
    {
      name: 'split-regex',
      value: 'REGEX',
      environment: ['SPLIT_REGEX'],
      default: String.raw`^\d{4}[/-]\d{2}[/-]\d{2}`,
      description: 'what the first line of an event matches in mode regex; without look-around and back references',
    },
    {
      name: 'max-lines',
      value: 'N',
      environment: ['MAX_EVENT_LINES'],
      default: '1000',
      description: 'lines of an event in the modes none and regex; 0 is no limit',
    },
    { name: 'spool', value: 'DIR', description: 'keep what is not delivered yet in this folder, too' },
    { name: 'no-probe', description: 'do not try at the start whether the stream takes records' },
    {
      name: 'give-up-after',
      value: 'TIME',
      default: '1m',
      description: 'how long a stream that is gone or access that is denied is borne, such as 30s or 2h',
    },
    { name: 'progress', description: 'show how far it is; on a terminal a file is always shown' },
  ],
  notes: [
    'A layout is the time Mon Jan 2 15:04:05.000 2006 MST as it shall be written, with',
    'Z07:00 or -0700 for the zone. One with a % is written as for strftime:',
    '%Y-%m-%d %H:%M:%S.%L %z; %L, %f and %N are three, six and nine digits of a second.',
    '',
    'Two hyphens before the command, or before the first hyphen behind it, end the',
    'flags: -- df -H, or df -- -H. The command is sent SIGINT and SIGTERM, its exit code',
    'is passed on, and it shares our other descriptors.',
    '',
    'The stream name testsplit needs no AWS and sends nothing: the events are printed,',
    'each line of them behind a "|".',
  ],
}

/** What is asked to be sent, and how. */
export interface SendSettings {
  readonly aws: StreamAddress
  readonly metadata: {
    readonly source: string
    readonly sourcetype?: string
    readonly host: string
    readonly index?: string
  }
  /** Undefined: no prefix. */
  readonly timestamp: TimeFormat | undefined
  readonly capture: 'stdout' | 'stderr'
  readonly mode: SplitMode
  readonly pattern: LinearPattern | undefined
  readonly maxLines: number
  readonly spoolFolder: string | undefined
  readonly isProbed: boolean
  readonly giveUpMs: number
  readonly showsProgress: boolean
  readonly command: readonly string[]
}

/** Throws `USAGE`, `BAD_SPLIT_MODE` or `BAD_PATTERN`. `argv` is what `values` were read from. */
export function readSendSettings(values: CommandValues, argv: readonly string[]): SendSettings {
  const mode = modeOf(values.flags.get('split-mode') ?? '')
  const { flags } = values
  const sourcetype = flags.get('sourcetype') ?? ''
  const host = flags.get('host') ?? ''
  const index = flags.get('index') ?? ''
  return {
    aws: readAwsFlags(values),
    metadata: {
      source: parsedFlag(values, 'source', (text) => parsePattern(text, /./, 'a name')) ?? '',
      host: host === '' ? machineName() : host,
      ...(sourcetype !== '' && { sourcetype }),
      ...(index !== '' && { index }),
    },
    timestamp: timestampOf(flags.get('timestamp') ?? ''),
    capture: parsedFlag(values, 'capture', (text) => parseChoice(text, ['stdout', 'stderr'])) ?? 'stdout',
    mode,
    pattern: mode === 'regex' ? compileLinearPattern(flags.get('split-regex') ?? '') : undefined,
    maxLines: parsedFlag(values, 'max-lines', (text) => parseInteger(text, { min: 0, max: 1_000_000_000 })) ?? 0,
    spoolFolder: flags.get('spool'),
    isProbed: !flags.has('no-probe'),
    giveUpMs: parsedFlag(values, 'give-up-after', (text) => parseDuration(text, giveUpBounds)) ?? giveUpBounds.minMs,
    showsProgress: flags.has('progress'),
    command: commandOf(values.operands, argv),
  }
}

const giveUpBounds = { minMs: 0, maxMs: 24 * 3_600_000 }

function modeOf(text: string): SplitMode {
  if (text === 'none' || text === 'newline' || text === 'regex') return text
  throw new KinloaderError('BAD_SPLIT_MODE', 'Invalid setting for split-mode: it must be none, newline or regex.')
}

function timestampOf(layout: string): TimeFormat | undefined {
  if (layout === '') return undefined
  try {
    return compileTimeLayout(layout, localZoneAt)
  } catch (error) {
    if (errorCode(error) === 'BAD_TIME_LAYOUT') throw usageError(`--timestamp is wrong: ${errorText(error)}`)
    throw error
  }
}

function machineName(): string {
  try {
    return hostname() || 'unknown'
  } catch {
    return 'unknown'
  }
}

/**
 * Two hyphens before the first argument with a hyphen end our flags, as users of the original are used to; those
 * behind it are the command's own, and so are all when there are some before the command.
 */
function commandOf(operands: readonly string[], argv: readonly string[]): readonly string[] {
  const first = operands.findIndex((operand) => operand.startsWith('-'))
  const isOurs = operands[first] === '--' && argv.at(-operands.length - 1) !== '--'
  return isOurs ? operands.toSpliced(first, 1) : operands
}

import { KinloaderError } from '../../../core/errors.ts'
import { type CommandDefinition, type CommandValues, usageError } from '../../../host/command-line.ts'
import type { InitialPosition } from '../../../sources/kinesis/origin.ts'
import { parseDuration, parseTime } from '../../inputs/setting-values.ts'
import type { StreamAddress } from '../../aws-connection.ts'
import { awsFlags, readAwsFlags } from '../aws-flags.ts'
import { parsedFlag } from '../parsed-flag.ts'
import { isSameFile, linkedFile } from './linked-file.ts'

export const definition: CommandDefinition = {
  name: 'dumpstream',
  summary: 'Prints the records of a Kinesis stream as they were put, and follows it.',
  flags: [
    ...awsFlags,
    {
      name: 'checkpoint-file',
      value: 'FILE',
      environment: ['CHECKPOINT_FILE'],
      description: 'where positions are kept between runs; without it they are kept in memory',
    },
    {
      name: 'data-format',
      value: 'FORMAT',
      environment: ['DATA_FORMAT'],
      default: 'json',
      description: 'json, a line for each record, or raw, the bytes of the records one after the other',
    },
    {
      name: 'filename',
      value: 'FILE',
      environment: ['TARGET_FILENAME'],
      description: 'where the records go, instead of stdout; made empty first, but for a dump which goes on',
    },
    {
      name: 'max-rate',
      value: 'NUMBER',
      environment: ['MAX_RATE', 'MAX-RATE'],
      default: '3',
      description: 'requests for records per second, of all shards together; fractions are fine',
    },
    {
      name: 'default-to-horizon',
      environment: ['DEFAULT_TO_HORIZON', 'DEFAULT_TO_HORIZION'],
      description: 'without a checkpoint, begin at the oldest record instead of the latest',
    },
    {
      name: 'since',
      value: 'TIME',
      description: 'without a checkpoint, begin here: a time such as 2026-11-20T08:00:00Z, or so long ago, such as 2h',
    },
    {
      name: 'until-now',
      description: 'end when everything has been read which was there at the start, instead of following the stream',
    },
    {
      name: 'give-up-after',
      value: 'DURATION',
      default: '1m',
      description: 'for how long a deleted stream, a denied access or expired credentials are waited out',
    },
  ],
  notes: [
    'In json, data is base64 of the record as it was put; logdecode reads both formats.',
    'SIGINT and SIGTERM end it with 0, with everything it has read written and remembered; a failure ends it with 100.',
    '',
    'A checkpoint file names its stream. One of kinlog is taken over and replaced. With positions in it the dump goes on',
    'behind them: --filename is appended to, after a crash from its last whole record on, and --since and',
    '--default-to-horizon have no effect. After a crash some records are dumped twice; none is lost, but for what the',
    'reader of a pipe had not read when it ended. In raw, leave the file to one dump alone.',
  ],
}

export interface DumpSettings {
  readonly aws: StreamAddress
  readonly checkpointFile: string | undefined
  readonly format: 'json' | 'raw'
  readonly filename: string | undefined
  readonly maxCallsPerSecond: number
  readonly initialPosition: InitialPosition
  readonly untilNow: boolean
  readonly giveUpMs: number
}

/** Throws `USAGE`, or `INVALID_FORMAT`. `nowMs` is what a duration back is counted from. */
export function readDumpSettings(values: CommandValues, nowMs: number): DumpSettings {
  const checkpointName = pathOf(values, 'checkpoint-file')
  const checkpointFile = checkpointName && linkedFile(checkpointName)
  const filename = pathOf(values, 'filename')
  if (checkpointFile !== undefined && filename !== undefined && isSameFile(checkpointFile, filename)) {
    throw usageError('--checkpoint-file and --filename name the same file; give each its own.')
  }
  return {
    aws: readAwsFlags(values),
    checkpointFile,
    format: formatOf(values.flags.get('data-format')),
    filename,
    maxCallsPerSecond: parsedFlag(values, 'max-rate', parseRate) ?? 3,
    initialPosition: initialPosition(values, nowMs),
    untilNow: values.flags.has('until-now'),
    giveUpMs: parsedFlag(values, 'give-up-after', (text) => parseDuration(text, giveUpBounds)) ?? 60_000,
  }
}

const giveUpBounds = { minMs: 0, maxMs: 24 * 3_600_000 }

/** Streams keep records for a year at most. */
const sinceBounds = { minMs: 0, maxMs: 366 * 24 * 3_600_000 }

/** An empty name is none, as ever. */
function pathOf(values: CommandValues, flag: string): string | undefined {
  const path = values.flags.get(flag)
  return path === '' ? undefined : path
}

function formatOf(text: string | undefined): 'json' | 'raw' {
  if (text === 'json' || text === 'raw') return text
  throw new KinloaderError('INVALID_FORMAT', `invalid data format "${text ?? ''}": --data-format takes json or raw.`)
}

function parseRate(text: string): number {
  const rate = /^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!(rate > 0 && rate < 1e6)) throw new RangeError('a number above 0, such as 3 or 0.5')
  return rate
}

function initialPosition(values: CommandValues, nowMs: number): InitialPosition {
  const sinceMs = parsedFlag(values, 'since', (text) => parseSince(text, nowMs))
  const horizon = values.flags.has('default-to-horizon')
  if (sinceMs !== undefined && horizon) {
    throw usageError('--since and --default-to-horizon say two different things; give one of them.')
  }
  if (sinceMs !== undefined) return { kind: 'time', timeMs: sinceMs }
  return { kind: horizon ? 'trim_horizon' : 'latest' }
}

function parseSince(text: string, nowMs: number): number {
  const timeMs = /^\d{4}-/.test(text) ? timeOrWords(text, parseTime) : nowMs - timeOrWords(text, parseBack)
  if (timeMs > nowMs) throw new RangeError('a time which has passed')
  return timeMs
}

function parseBack(text: string): number {
  return parseDuration(text, sinceBounds)
}

function timeOrWords(text: string, parse: (text: string) => number): number {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new RangeError('a time with its zone such as 2026-11-20T08:00:00Z, or a duration back such as 2h')
  }
}

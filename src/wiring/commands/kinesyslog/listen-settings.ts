import { tmpdir } from 'node:os'
import type { MessageFormat } from '../../../core/message-block.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import {
  parseAddress,
  parseChoice,
  parseDuration,
  parseInteger,
  parsePattern,
  parseTimeZone,
  parseUrl,
} from '../../inputs/setting-values.ts'
import { parsedFlag } from '../parsed-flag.ts'
import { readListeners } from './listener-settings.ts'
import { portsOf } from './ports.ts'
import type { SocketSettings } from '../../socket-source.ts'
import { readTlsFiles } from './tls-settings.ts'

/** What `kinesyslog listen` goes by. */
export interface ListenSettings extends SocketSettings {
  readonly stream: string
  readonly isStrict: boolean
  readonly prometheusPorts: readonly number[]
  readonly address: string
  readonly spoolFolder: string
  readonly isSpoolImported: boolean
  readonly spoolMaxBytes: number
  readonly fsync: 'always' | 'interval' | 'off'
  readonly bufferBytes: number
  readonly bufferMs: number
  readonly uploadMs: number
  readonly region: string | undefined
  readonly profile: string | undefined
  readonly endpoint: string | undefined
  readonly owner: string | undefined
  readonly groupPrefix: string
  readonly timeZone: string
  readonly packsRecords: boolean
  readonly isDebug: boolean
  /** What is odd about the settings, a sentence each. */
  readonly warnings: readonly string[]
  /** What is wrong with them as a whole, a sentence each; `refuseFaults` throws it. */
  readonly errors: readonly string[]
}

/** Throws `USAGE` for the first value which is no value of its flag. */
export function readListenSettings(values: CommandValues): ListenSettings {
  const { flags } = values
  const text = (name: string): string => flags.get(name) ?? ''
  const whole = (name: string, bounds: { min: number; max: number }): number =>
    parsedFlag(values, name, (value) => parseInteger(value, bounds)) ?? bounds.min
  const seconds = (name: string, minMs: number): number =>
    parsedFlag(values, name, (value) => parseDuration(value, { minMs, maxMs: 86_400_000 })) ?? minMs
  const address = parsedFlag(values, 'address', parseAddress) ?? ''
  const { listeners, warnings, errors } = readListeners(values, address)
  const settings: ListenSettings = {
    stream: parsedFlag(values, 'stream', parseStreamName) ?? '',
    listeners,
    tlsFiles: readTlsFiles(values),
    framing: parsedFlag(values, 'framing', (value) => parseChoice(value, ['auto', 'octet', 'line'])) ?? 'auto',
    maxMessageBytes: readMaxMessageBytes(values),
    maxConnections: whole('max-connections', { min: 1, max: 1_000_000 }),
    idleTimeoutMs: seconds('idle-timeout', 0),
    allow: values.lists.get('allow') ?? [],
    proxyTrusted: values.lists.get('proxy-trusted') ?? [],
    udpReceiveBufferBytes: whole('udp-recv-buffer', { min: 1024, max: 1024 ** 3 }),
    isStrict: flags.has('strict'),
    prometheusPorts: portsOf(values, 'prometheus-port'),
    address,
    spoolFolder: values.given.has('spool-dir') ? text('spool-dir') : tmpdir(),
    isSpoolImported: flags.has('spool-import'),
    spoolMaxBytes: whole('spool-max-bytes', { min: 16 * 1024 ** 2, max: 2 ** 50 }),
    fsync: parsedFlag(values, 'fsync', (value) => parseChoice(value, ['always', 'interval', 'off'])) ?? 'interval',
    bufferBytes: whole('buffer-bytes', { min: 1024, max: 16 * 1024 ** 2 }),
    bufferMs: seconds('buffer-seconds', 100),
    uploadMs: seconds('upload-seconds', 100),
    region: parsedFlag(values, 'region', (value) => parsePattern(value, /^[a-z0-9-]{1,64}$/, 'an AWS region')),
    profile: flags.get('profile'),
    endpoint: parsedFlag(values, 'endpoint-url', (value) => parseUrl(value, { userInfo: false })),
    owner: parsedFlag(values, 'owner', (value) => parsePattern(value, /^\d{12}$/, 'an AWS account of 12 digits')),
    groupPrefix: text('group-prefix'),
    timeZone: parsedFlag(values, 'timezone', parseTimeZone) ?? 'UTC',
    packsRecords: flags.has('pack-records'),
    isDebug: flags.has('debug'),
    warnings,
    errors,
  }
  return settings
}

function parseStreamName(text: string): string {
  return parsePattern(
    text,
    /^[a-zA-Z0-9_.-]{1,64}$/,
    'a name of 1 to 64 letters, digits, dots, hyphens and underscores',
  )
}

const defaultMaxMessageBytes = { syslog: 65_536, gelf: 524_288 } as const

function readMaxMessageBytes(values: CommandValues): Readonly<Record<MessageFormat, number>> {
  const bytes = parsedFlag(values, 'max-message-size', (text) => parseInteger(text, { min: 480, max: 524_288 }))
  return bytes === undefined ? defaultMaxMessageBytes : { syslog: bytes, gelf: bytes }
}

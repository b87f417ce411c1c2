import { parseCidr } from '../../sources/sockets/cidr-list.ts'
import type { SocketSettings } from '../socket-source.ts'
import { type EventMetadata, readFallback, readMetadata } from './event-metadata.ts'
import { syslogImplicitArguments, syslogScheme } from './kinloader-syslog.ts'
import { SettingReader, type SettingParameters } from './setting-reader.ts'
import { parseAddress, parseChoice, parseInteger, parseList, parsePorts, parseTimeZone } from './setting-values.ts'
import { readListeners } from './syslog-listeners.ts'
import { readTlsFiles } from './syslog-tls.ts'

/** The arguments of an input `kinloader_syslog`, checked and typed. */
export interface SyslogSettings extends SocketSettings {
  readonly timeZone: string
  readonly holdBackMs: number
  readonly metricsIntervalMs: number
  /** What every event gets. */
  readonly override: EventMetadata
  /** Splunk's implicit settings; they stand in place of our defaults, but for the host. */
  readonly stanza: EventMetadata
}

/**
 * Parameters to settings. An empty value is an absent one. Throws one `BAD_SETTING` error that names everything which is
 * wrong; unknown parameters are splunkd's own and pass. `splunkHome`: what `$SPLUNK_HOME` stands for in a path.
 */
export function readSyslogSettings(params: SettingParameters, splunkHome?: string): SyslogSettings {
  const reader = new SettingReader(params, defaults)
  const whole = (name: string, bounds: { min: number; max: number }): number =>
    reader.optional(name, (text) => parseInteger(text, bounds)) ?? bounds.min
  const listeners = readListeners(reader, {
    ports: (name) => reader.optional(name, parsePorts) ?? [],
    address: reader.optional('address', parseAddress) ?? '',
  })
  const maxMessageBytes = reader.optional('max_message_size', (text) => parseInteger(text, { min: 480, max: 524_288 }))
  const settings: SyslogSettings = {
    listeners,
    tlsFiles: readTlsFiles(reader, { isNeeded: listeners.some(({ transport }) => transport === 'tls'), splunkHome }),
    framing: reader.optional('framing', (text) => parseChoice(text, ['auto', 'octet', 'line'])) ?? 'auto',
    maxMessageBytes: { syslog: maxMessageBytes ?? 65_536, gelf: maxMessageBytes ?? 524_288 },
    maxConnections: whole('max_connections', { min: 1, max: 1_000_000 }),
    idleTimeoutMs: reader.duration('idle_timeout', { minMs: 0, maxMs: 86_400_000 }),
    allow: reader.optional('allow', parseBlocks) ?? [],
    proxyTrusted: reader.optional('proxy_trusted', parseBlocks) ?? [],
    udpReceiveBufferBytes: whole('udp_recv_buffer', { min: 1024, max: 1024 ** 3 }),
    timeZone: reader.optional('timezone', parseTimeZone) ?? 'UTC',
    holdBackMs: reader.duration('hold_back', { minMs: 0, maxMs: 3_600_000 }),
    metricsIntervalMs: reader.duration('metrics_interval', { minMs: 1000, maxMs: 86_400_000 }),
    override: readMetadata(reader, 'override_'),
    stanza: readFallback(reader, undefined),
  }
  reader.finish()
  return settings
}

const defaults: ReadonlyMap<string, string> = new Map(
  [...syslogScheme.arguments, ...syslogImplicitArguments].flatMap((argument) =>
    argument.default === undefined ? [] : [[argument.name, argument.default] as const],
  ),
)

function parseBlocks(text: string): readonly string[] {
  const blocks = parseList(text)
  try {
    for (const block of blocks) parseCidr(block)
  } catch {
    throw new RangeError('blocks of addresses such as 10.0.0.0/8 or 2001:db8::/32, or single addresses')
  }
  return blocks
}

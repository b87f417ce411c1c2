import type { SettingReader } from './setting-reader.ts'
import { parsePattern } from './setting-values.ts'

/** What Splunk keeps of an event besides its text and time; undefined where nothing is said. */
export interface EventMetadata {
  readonly host: string | undefined
  readonly source: string | undefined
  readonly sourcetype: string | undefined
  readonly index: string | undefined
}

const anyMetadata = /^[^\r\n]{1,1024}$/

export function readMetadata(reader: SettingReader, prefix: 'override_' | ''): EventMetadata {
  const read = (name: string): string | undefined =>
    reader.optional(`${prefix}${name}`, (text) =>
      parsePattern(text, anyMetadata, 'one line of at most 1024 characters'),
    )
  return { host: read('host'), source: read('source'), sourcetype: read('sourcetype'), index: read('index') }
}

/**
 * Splunk's implicit settings. Its placeholders are no values: `$decideOnStartup` is its own host name, `default` the
 * default index.
 */
export function readFallback(reader: SettingReader, serverHost: string | undefined): EventMetadata {
  const given = readMetadata(reader, '')
  const isReal = (value: string | undefined): boolean => value !== undefined && value !== '$decideOnStartup'
  return {
    host: isReal(given.host) ? given.host : serverHost === '' ? undefined : serverHost,
    source: isReal(given.source) ? given.source : undefined,
    sourcetype: isReal(given.sourcetype) ? given.sourcetype : undefined,
    index: given.index === 'default' ? undefined : given.index,
  }
}

import { isAbsolute } from 'node:path'
import { normalFingerprint } from '../../sources/sockets/client-certificate.ts'
import type { TlsFileSettings } from '../tls-files.ts'
import type { SettingReader } from './setting-reader.ts'
import { parseChoice, parseList } from './setting-values.ts'

export interface TlsNeeds {
  /** Whether there is a TLS port. */
  readonly isNeeded: boolean
  /** What `$SPLUNK_HOME` stands for; undefined when nobody knows. */
  readonly splunkHome: string | undefined
}

/** Where certificates are and whose are accepted; undefined when it is not needed. */
export function readTlsFiles(reader: SettingReader, { isNeeded, splunkHome }: TlsNeeds): TlsFileSettings | undefined {
  const file = (name: string): string | undefined => reader.optional(name, (text) => parseFile(text, splunkHome))
  const files = (name: string): readonly string[] =>
    reader.optional(name, (text) =>
      text
        .split(',')
        .filter((part) => part.trim() !== '')
        .map((part) => parseFile(part.trim(), splunkHome)),
    ) ?? []
  const certificateFile = file('certificate')
  const keyFile = file('private_key')
  const settings = {
    clientCaFiles: files('client_ca'),
    clientCrlFiles: files('client_crl'),
    clientNames: reader.optional('client_names', parseList) ?? [],
    clientFingerprints: reader.optional('client_fingerprints', parseFingerprints) ?? [],
  }
  const auth =
    reader.optional('client_auth', (text) => parseChoice(text, ['auto', 'none', 'optional', 'require'] as const)) ??
    'auto'
  const isGiven = (name: string): boolean => reader.text(name) !== undefined
  const namesAuthorities = isGiven('client_ca') || isGiven('client_fingerprints')
  if ((auth === 'optional' || auth === 'require') && !namesAuthorities) {
    reader.problem(`client_auth ${auth} needs client_ca or client_fingerprints: nobody could be let in`)
  }
  if (isGiven('client_names') && (!namesAuthorities || auth === 'none')) {
    reader.problem('client_names needs client_ca or client_fingerprints, and client_auth other than none')
  }
  if (isGiven('client_crl') && !isGiven('client_ca')) reader.problem('client_crl needs client_ca')
  if (!isNeeded) return undefined
  if (!isGiven('certificate') || !isGiven('private_key')) {
    reader.problem('TLS ports need certificate and private_key')
  }
  return {
    ...settings,
    certificateFile: certificateFile ?? '',
    keyFile: keyFile ?? '',
    clientAuth: auth === 'auto' ? (namesAuthorities ? 'require' : 'none') : auth,
  }
}

/** The working directory of an input is not the app's, so a relative path would mean nothing. */
function parseFile(text: string, splunkHome: string | undefined): string {
  const path = splunkHome === undefined ? text : text.replace(/^\$SPLUNK_HOME(?=[\\/])/, () => splunkHome)
  if (!isAbsolute(path)) throw new RangeError('an absolute path, or one which begins with $SPLUNK_HOME')
  return path
}

function parseFingerprints(text: string): readonly string[] {
  const fingerprints = parseList(text)
  try {
    for (const fingerprint of fingerprints) normalFingerprint(fingerprint)
  } catch {
    throw new RangeError('SHA-256 fingerprints, each of 64 hex digits with or without colons')
  }
  return fingerprints
}

import { type CommandValues, usageError } from '../../../host/command-line.ts'
import { parseChoice } from '../../inputs/setting-values.ts'
import type { TlsFileSettings } from '../../tls-files.ts'
import { parsedFlag } from '../parsed-flag.ts'

/** Undefined when no certificate is named. Throws `USAGE`. */
export function readTlsFiles(values: CommandValues): TlsFileSettings | undefined {
  const { flags } = values
  const list = (name: string): readonly string[] => values.lists.get(name) ?? []
  const certificateFile = flags.get('cert')
  const keyFile = flags.get('key')
  const authorities = [...list('client-ca'), ...list('client-fingerprint')]
  const clientAuth = parsedFlag(values, 'client-auth', (text) =>
    parseChoice(text, ['none', 'optional', 'require'] as const),
  )
  if (authorities.length === 0 && clientAuth !== undefined && clientAuth !== 'none') {
    throw usageError(`--client-auth ${clientAuth} needs --client-ca or --client-fingerprint: nobody could be accepted.`)
  }
  if (authorities.length === 0 && list('client-name').length > 0) {
    throw usageError('--client-name needs --client-ca or --client-fingerprint: anybody can bear any name.')
  }
  if (list('client-ca').length === 0 && list('client-crl').length > 0) {
    throw usageError('--client-crl needs --client-ca: nobody else can revoke.')
  }
  for (const fingerprint of list('client-fingerprint')) {
    if (!/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(fingerprint)) {
      throw usageError(
        '--client-fingerprint must be the SHA-256 of a certificate, 64 hex digits with or without colons.',
      )
    }
  }
  if (certificateFile === undefined || keyFile === undefined) return undefined
  return {
    certificateFile,
    keyFile,
    clientCaFiles: list('client-ca'),
    clientCrlFiles: list('client-crl'),
    clientAuth: clientAuth ?? (authorities.length > 0 ? 'require' : 'none'),
    clientNames: list('client-name'),
    clientFingerprints: list('client-fingerprint'),
  }
}

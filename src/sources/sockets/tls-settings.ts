import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type TlsOptions } from 'node:tls'
import { errorText, KinloaderError } from '../../core/errors.ts'
import { type ClientRules, normalFingerprint } from './client-certificate.ts'

/** What TLS listeners need; all files as PEM. */
export interface TlsSettings {
  /** The server's certificate, then those between it and the root. */
  readonly certificate: Buffer
  readonly key: Buffer
  /** CAs whose clients are let in; a file may hold many. */
  readonly clientCa: readonly Buffer[]
  /** Revocation lists. If any is given, each CA of a client's chain needs one. */
  readonly clientCrl: readonly Buffer[]
  readonly clientAuth: 'none' | 'optional' | 'require'
  /** Names of which a client's certificate must bear one; `*.example.com` for any one label. */
  readonly clientNames: readonly string[]
  /** SHA-256 of certificates which need no CA. */
  readonly clientFingerprints: readonly string[]
}

/** Settings which were looked through: what the server takes, and what a client is measured by. */
export interface UsableTls {
  readonly server: TlsOptions
  readonly rules: ClientRules
}

/** Throws `TLS_UNUSABLE`, which says what is wrong with what. */
export function usableTls(settings: TlsSettings): UsableTls {
  const { certificate, key, clientCa, clientCrl, clientAuth, clientNames, clientFingerprints } = settings
  checkPair(certificate, key)
  const authorities = clientCa.flatMap(certificatesOf)
  if (clientAuth !== 'none' && clientCa.length + clientFingerprints.length === 0) {
    throw unusable('client certificates are asked for, but nothing says which are good: give a CA or fingerprints')
  }
  const rules = {
    auth: clientAuth,
    authorities,
    fingerprints: new Set(clientFingerprints.map(normalFingerprint)),
    names: clientNames.map((name) => name.toLowerCase()),
  }
  const server: TlsOptions = {
    cert: certificate,
    key,
    minVersion: 'TLSv1.2',
    ...(clientAuth !== 'none' && {
      // Without any CA an empty list, not none: none would mean all public CAs.
      ca: [...clientCa],
      ...(clientCrl.length > 0 && { crl: clientCrl.flatMap(blocksOf) }),
      requestCert: true,
      // The handshake ends well for everybody and the decision is ours: it has reasons to count.
      rejectUnauthorized: false,
      // A resumed session would bring back the verdict of its first handshake, from before a revocation.
      secureOptions: constants.SSL_OP_NO_TICKET,
    }),
  }
  parse('the set of certificate, CAs and CRLs', 'PEM files', () => createSecureContext(server))
  return { server, rules }
}

function checkPair(certificate: Buffer, key: Buffer): void {
  const first = parse('the TLS certificate', 'a PEM file', () => new X509Certificate(certificate))
  try {
    const privateKey = createPrivateKey(key)
    if (first.checkPrivateKey(privateKey)) return
  } catch {
    // Without the cause: OpenSSL's text may quote what it read. With no terminal to ask for a passphrase it says nothing
    // which could be told apart.
    const isLocked = key.includes('ENCRYPTED')
    throw unusable(
      `the TLS private key ${isLocked ? 'is encrypted' : 'cannot be read'}: give a PEM file without passphrase`,
    )
  }
  throw unusable('the TLS private key does not belong to the certificate: give the key it was made with')
}

function parse<T>(what: string, wanted: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw unusable(`${what} cannot be used (${errorText(error)}): give ${wanted}`, error)
  }
}

/** OpenSSL reads up to the first one which is broken, and passes over the rest without a word. */
function certificatesOf(ca: Buffer): readonly X509Certificate[] {
  const blocks = ca.toString('latin1').match(/-----BEGIN ([A-Z\d ]*CERTIFICATE)-----[^-]*-----END \1-----/g)
  if (blocks === null)
    throw unusable('a client CA cannot be used (it holds no certificate): give a PEM file of certificates')
  return blocks.map((block) => parse('a client CA', 'a PEM file of certificates', () => new X509Certificate(block)))
}

/** OpenSSL reads one CRL of a buffer and passes over the rest without a word. */
function blocksOf(crl: Buffer): readonly string[] {
  const blocks = crl.toString('latin1').match(/-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----/g)
  if (blocks === null) throw unusable('a client CRL holds no list: give a PEM file which begins with BEGIN X509 CRL')
  return blocks.map((block) => `${block}\n`)
}

function unusable(message: string, cause?: unknown): KinloaderError {
  return new KinloaderError('TLS_UNUSABLE', message, { cause })
}

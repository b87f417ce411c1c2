import type { X509Certificate } from 'node:crypto'
import { KinloaderError } from '../../core/errors.ts'

/** Why a client's certificate was refused: the reason of a counter. */
export type CertificateRefusal =
  | 'missing'
  | 'self_signed'
  | 'unknown_ca'
  | 'expired'
  | 'not_yet_valid'
  | 'revoked'
  | 'no_crl'
  | 'wrong_purpose'
  | 'chain_too_long'
  | 'not_verified'
  | 'not_listed'
  | 'wrong_name'

/** What a client showed in its handshake. */
export interface ShownCertificate {
  readonly certificate: X509Certificate | undefined
  /** OpenSSL's verdict on its chain, as `CERT_HAS_EXPIRED`; empty when it is good. */
  readonly chainError: string
}

export interface ClientRules {
  readonly auth: 'none' | 'optional' | 'require'
  /** Without any no chain is good. */
  readonly authorities: readonly X509Certificate[]
  /** As `normalFingerprint` gives them. */
  readonly fingerprints: ReadonlySet<string>
  /** Exact, or `*.example.com` for one label; in lower case. None: any name. */
  readonly names: readonly string[]
}

/** Whether the client may send; undefined when it may. */
export function refusalOf(
  { certificate, chainError }: ShownCertificate,
  { auth, authorities, fingerprints, names }: ClientRules,
): CertificateRefusal | undefined {
  if (auth === 'none') return undefined
  if (certificate === undefined) return auth === 'require' ? 'missing' : undefined
  // A listed fingerprint stands in place of a chain: such a certificate may be self-signed, and of any age.
  if (!fingerprints.has(normalFingerprint(certificate.fingerprint256))) {
    if (chainError !== '') return chainRefusal(certificate, chainError, authorities)
    if (authorities.length === 0) return 'not_listed'
  }
  return names.length === 0 || namesOf(certificate).some((name) => names.some((pattern) => fits(name, pattern)))
    ? undefined
    : 'wrong_name'
}

/** A SHA-256 as 64 hex digits, with or without colons. Throws `TLS_UNUSABLE` for anything else. */
export function normalFingerprint(text: string): string {
  const digits = text.replaceAll(':', '').toLowerCase()
  if (/^[0-9a-f]{64}$/.test(digits)) return digits
  throw new KinloaderError(
    'TLS_UNUSABLE',
    `${JSON.stringify(text)} is no fingerprint: give the SHA-256 of the certificate, 64 hex digits with or without colons`,
  )
}

function chainRefusal(
  certificate: X509Certificate,
  chainError: string,
  authorities: readonly X509Certificate[],
): CertificateRefusal {
  const strange = authorities.length > 0 ? 'unknown_ca' : 'not_listed'
  switch (chainError) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'self_signed'
    case 'CERT_HAS_EXPIRED':
      return 'expired'
    case 'CERT_NOT_YET_VALID':
      return 'not_yet_valid'
    case 'CERT_REVOKED':
      return 'revoked'
    case 'UNABLE_TO_GET_CRL':
    case 'CRL_NOT_YET_VALID':
    case 'CRL_HAS_EXPIRED':
    case 'CRL_SIGNATURE_FAILURE':
      // OpenSSL tells its last finding only, and looks for CRLs after it found no way to a CA: of such a chain there is
      // none. Signatures and dates come later still, so they are never hidden like that.
      if (leadsTo(authorities, certificate)) return 'no_crl'
      return signedItself(certificate) ? 'self_signed' : strange
    case 'INVALID_PURPOSE':
      return 'wrong_purpose'
    case 'CERT_CHAIN_TOO_LONG':
    case 'PATH_LENGTH_EXCEEDED':
      return 'chain_too_long'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'CERT_SIGNATURE_FAILURE':
    case 'CERT_UNTRUSTED':
      return strange
    default:
      return 'not_verified'
  }
}

/** Whether one of the chain which was shown was signed by a CA of ours, as a root was by itself. */
function leadsTo(authorities: readonly X509Certificate[], certificate: X509Certificate): boolean {
  let shown: X509Certificate | undefined = certificate
  while (shown !== undefined) {
    for (const authority of authorities) {
      if (shown.checkIssued(authority) && shown.verify(authority.publicKey)) return true
    }
    shown = shown.issuerCertificate
  }
  return false
}

/** Not by `checkIssued`: it wants the key usage of a CA, which a client's certificate rarely has. */
function signedItself(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey)
}

/** The DNS names of the subject alternative name; the common name only where there is none of any kind (RFC 6125, 6.4.4). */
function namesOf(certificate: X509Certificate): readonly string[] {
  const { subjectAltName } = certificate
  if (subjectAltName !== undefined) return dnsNames(subjectAltName)
  const { CN } = certificate.toLegacyObject().subject
  return CN === undefined ? [] : [CN].flat()
}

/**
 * Node writes `DNS:a.example, IP Address:10.0.0.1`, and puts a value which holds anything odd in JSON quotes. So that a
 * name with a comma in it cannot pass for two, the whole text has to be read in its order, or counts for nothing.
 */
function dnsNames(subjectAltName: string): readonly string[] {
  const entry = /([^:,"]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y
  const names: string[] = []
  while (entry.lastIndex < subjectAltName.length) {
    const [, kind, value = ''] = entry.exec(subjectAltName) ?? []
    if (kind === undefined) return []
    if (kind === 'DNS' && !value.startsWith('"')) names.push(value)
  }
  return names
}

function fits(name: string, pattern: string): boolean {
  const lower = name.toLowerCase()
  if (!pattern.startsWith('*.')) return lower === pattern
  const dot = lower.indexOf('.')
  return dot > 0 && lower.slice(dot) === pattern.slice(1)
}

// The package below asks for this polyfill before anything else.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { KeyObject, randomBytes, webcrypto } from 'node:crypto'

export interface Pair {
  readonly certificate: Buffer
  readonly key: Buffer
}

export interface IssueOptions {
  readonly commonName?: string
  /** DNS names of the subject alternative name. */
  readonly names?: readonly string[]
  /** Default: from yesterday on, for 30 days. */
  readonly from?: Date
  readonly until?: Date
  /** Default: any. */
  readonly usage?: 'serverAuth'
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 86_400_000
const yesterday = new Date(Date.now() - dayMs)
const later = new Date(Date.now() + 30 * dayMs)

/** Of a client which needs no CA: not one itself, as it may only sign handshakes. */
export async function signedByItself(): Promise<Pair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: 'CN=itself',
    notBefore: yesterday,
    notAfter: later,
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true)],
  })
  return pairOf(certificate, keys)
}

/** A CA with its keys in memory. */
export class CertificateAuthority {
  readonly #certificate: x509.X509Certificate
  readonly #name: string
  readonly #keys: webcrypto.CryptoKeyPair
  readonly #revoked: string[] = []

  private constructor(certificate: x509.X509Certificate, name: string, keys: webcrypto.CryptoKeyPair) {
    this.#certificate = certificate
    this.#name = name
    this.#keys = keys
  }

  /** A root, or one whose certificate `above` signs. */
  static async create(commonName: string, above?: CertificateAuthority): Promise<CertificateAuthority> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const name = `CN=${commonName}`
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: name,
      issuer: above === undefined ? name : above.#name,
      notBefore: yesterday,
      notAfter: later,
      publicKey: keys.publicKey,
      signingKey: (above === undefined ? keys : above.#keys).privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    })
    return new CertificateAuthority(certificate, name, keys)
  }

  get certificate(): Buffer {
    return this.pair.certificate
  }

  get pair(): Pair {
    return pairOf(this.#certificate, this.#keys)
  }

  async issue(options: IssueOptions = {}): Promise<Pair> {
    const { commonName = 'client', names = [], from = yesterday, until = later, usage } = options
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: newSerial(),
      subject: `CN=${commonName}`,
      issuer: this.#name,
      notBefore: from,
      notAfter: until,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(false),
        ...(names.length === 0
          ? []
          : [new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value })))]),
        ...(usage === undefined ? [] : [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage]])]),
      ],
    })
    return pairOf(certificate, keys)
  }

  /** A revocation list with these certificates, and those of before. */
  async revoke(...pairs: readonly { readonly certificate: Buffer }[]): Promise<Buffer> {
    for (const { certificate } of pairs) {
      this.#revoked.push(new x509.X509Certificate(certificate.toString()).serialNumber)
    }
    const list = await x509.X509CrlGenerator.create({
      issuer: this.#name,
      thisUpdate: yesterday,
      nextUpdate: later,
      signingAlgorithm: algorithm,
      signingKey: this.#keys.privateKey,
      entries: this.#revoked.map((serialNumber) => ({ serialNumber, revocationDate: yesterday })),
    })
    return pem(list)
  }
}

/** A positive number. */
function newSerial(): string {
  return `01${randomBytes(8).toString('hex')}`
}

function pairOf(certificate: x509.X509Certificate, { privateKey }: webcrypto.CryptoKeyPair): Pair {
  const key = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' })
  return { certificate: pem(certificate), key: Buffer.from(key) }
}

function pem(data: x509.X509Certificate | x509.X509Crl): Buffer {
  const label = data instanceof x509.X509Crl ? 'X509 CRL' : 'CERTIFICATE'
  return Buffer.from(`${x509.PemConverter.encode(data.rawData, label)}\n`)
}

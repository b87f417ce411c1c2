import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { mustRun } from './real-program.ts'

export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A certification authority of OpenSSL's in a folder; what it issues lies there as PEM. */
export class Authority {
  readonly #folder: string
  readonly #own: Certificate

  private constructor(folder: string, own: Certificate) {
    this.#folder = folder
    this.#own = own
  }

  static async create(folder: string, name: string): Promise<Authority> {
    const own = await issue(folder, name, ['-days', '2', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'])
    return new Authority(folder, own)
  }

  /** A certificate which no authority signed. */
  static selfSigned(folder: string, name: string, names: string): Promise<Certificate> {
    return issue(folder, name, ['-days', '2', '-addext', `subjectAltName=${names}`])
  }

  /** Its own certificate. */
  get cert(): string {
    return this.#own.cert
  }

  /** `names`: `DNS:web.example,IP:127.0.0.1`. */
  async issue(name: string, names: string): Promise<Certificate> {
    const signer = ['-CA', this.#own.cert, '-CAkey', this.#own.key, '-days', '2']
    const extensions = [`subjectAltName=${names}`, 'basicConstraints=critical,CA:FALSE']
    return issue(this.#folder, name, [...signer, ...extensions.flatMap((extension) => ['-addext', extension])])
  }

  /** Resolves with the file of its revocation list, of which the certificate is the only one. */
  async revoke({ cert }: Certificate): Promise<string> {
    const file = path.join(this.#folder, 'revoked')
    const [database, config, crl] = [`${file}.index`, `${file}.cnf`, `${file}.crl`]
    writeFileSync(database, '')
    writeFileSync(config, `[ca]\ndefault_ca = own\n[own]\ndatabase = ${database}\ndefault_md = sha256\n`)
    const args = ['ca', '-config', config, '-cert', this.#own.cert, '-keyfile', this.#own.key]
    await mustRun('openssl', [...args, '-revoke', cert])
    await mustRun('openssl', [...args, '-gencrl', '-crldays', '2', '-out', crl])
    return crl
  }
}

async function issue(folder: string, name: string, args: readonly string[]): Promise<Certificate> {
  const [cert, key] = [path.join(folder, `${name}.pem`), path.join(folder, `${name}.key`)]
  const keyKind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', key]
  await mustRun('openssl', ['req', '-x509', ...keyKind, '-out', cert, '-subj', `/CN=${name}`, ...args])
  return { cert, key }
}

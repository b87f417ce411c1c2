import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pair {
  readonly certificate: Buffer
  readonly key: Buffer
}

export interface IssueOptions {
  readonly commonName?: string
  /** As openssl writes them: `DNS:a.example,IP:127.0.0.1`. */
  readonly names?: string
  /** As `20250101000000Z`. */
  readonly from?: string
  readonly until?: string
  readonly usage?: string
}

/** A CA in a folder of its own, by the openssl command. */
export class CertificateAuthority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'kinloader-ca-'))
  #issued = 0

  constructor(name: string) {
    writeFileSync(this.#path('index.txt'), '')
    writeFileSync(this.#path('crlnumber'), '01\n')
    writeFileSync(
      this.#path('ca.cnf'),
      `[ca]\ndefault_ca=it\n[it]\ndatabase=${this.#path('index.txt')}\ncrlnumber=${this.#path('crlnumber')}\n` +
        `default_md=sha256\ndefault_crl_days=30\nrand_serial=yes\nnew_certs_dir=${this.#folder}\npolicy=any\nunique_subject=no\n` +
        `[any]\ncommonName=supplied\n`,
    )
    this.#openssl(
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout ca.key -out ca.pem -subj /CN=${name} ` +
        '-addext keyUsage=critical,keyCertSign,cRLSign',
    )
  }

  get certificate(): Buffer {
    return this.#read('ca.pem')
  }

  issue({ commonName = 'client', names, from, until, usage }: IssueOptions = {}): Pair {
    this.#issued += 1
    const name = `c${this.#issued}`
    const extensions = [
      ...(names === undefined ? [] : [`subjectAltName=${names}`]),
      ...(usage === undefined ? [] : [`extendedKeyUsage=${usage}`]),
    ]
    writeFileSync(this.#path(`${name}.ext`), `basicConstraints=CA:FALSE\n${extensions.join('\n')}\n`)
    this.#openssl(
      `req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${name}.key -out ${name}.csr -subj /CN=${commonName}`,
    )
    const validity = `${from === undefined ? '' : `-startdate ${from}`} ${until === undefined ? '-days 30' : `-enddate ${until}`}`
    this.#openssl(
      `ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in ${name}.csr -out ${name}.pem -extfile ${name}.ext ${validity}`,
    )
    return { certificate: this.#read(`${name}.pem`), key: this.#read(`${name}.key`) }
  }

  /** A revocation list with these certificates, and those of before. */
  revoke(...pairs: readonly Pair[]): Buffer {
    for (const { certificate } of pairs) {
      writeFileSync(this.#path('revoked.pem'), certificate)
      this.#openssl('ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke revoked.pem')
    }
    this.#openssl('ca -gencrl -config ca.cnf -cert ca.pem -keyfile ca.key -out crl.pem')
    return this.#read('crl.pem')
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }

  #read(name: string): Buffer {
    return readFileSync(this.#path(name))
  }

  #openssl(line: string): void {
    execFileSync('openssl', line.split(/\s+/).filter(Boolean), { cwd: this.#folder, stdio: 'pipe' })
  }
}

import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { CertificateAuthority } from '../../../test/support/certificates.ts'
import { buildCommands } from '../../build-commands.ts'
import type { Figures } from '../piped.ts'
import { Child } from './child.ts'
import { corpusMessages, syslogMessages } from './messages.ts'

const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The relay as users get it, what it is sent, a certificate, and room for its spools. */
export class BenchFolder {
  readonly path = mkdtempSync(path.join(tmpdir(), 'kinloader-bench-'))
  readonly corpus = path.join(this.path, 'messages')
  readonly certificate = path.join(this.path, 'certificate.pem')
  readonly key = path.join(this.path, 'key.pem')
  #spools = 0

  static async make(): Promise<BenchFolder> {
    const folder = new BenchFolder()
    await buildCommands(path.join(folder.path, 'bin'))
    writeFileSync(folder.corpus, `${[...syslogMessages(corpusMessages)].join('\n')}\n`)
    const authority = await CertificateAuthority.create('bench')
    const { certificate, key } = await authority.issue({ names: ['localhost'] })
    writeFileSync(folder.certificate, certificate)
    writeFileSync(folder.key, key)
    return folder
  }

  /** Listens when it resolves. */
  async startRelay(endpoint: string, flags: readonly string[]): Promise<Child> {
    const spool = path.join(this.path, `spool-${++this.#spools}`)
    mkdirSync(spool)
    const address = ['--address', '127.0.0.1', '--region', 'us-east-1', '--endpoint-url', endpoint]
    const all = ['listen', '--stream', 'bench', '--spool-dir', spool, '--owner', '123456789012', ...address, ...flags]
    const command = ['--import', program('on-exit.ts'), path.join(this.path, 'bin/kinesyslog.js'), ...all]
    const relay = new Child(command, { AWS_ACCESS_KEY_ID: 'AKIABENCH', AWS_SECRET_ACCESS_KEY: 'bench' })
    await relay.line('at=listening')
    relay.process.kill('SIGUSR2')
    return relay
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}

/** Resolves with what the sender says when the receiver has ended, too. */
export function send(folder: BenchFolder, port: number, args: readonly (string | number)[]): Promise<Figures> {
  return startSender(folder, port, args).figures
}

export function startSender({ corpus }: BenchFolder, port: number, args: readonly (string | number)[]): Child {
  return new Child([program('sender.ts'), String(port), corpus, ...args.map(String)])
}

/** One on which nobody listens now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

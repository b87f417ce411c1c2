import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bundledCommands } from '../../support/bundled-commands.ts'
import { commandEnvironment } from '../../support/spawned-command.ts'
import { testedNode } from '../../support/tested-node.ts'
import { boundPorts } from './kernel-sockets.ts'
import type { PortPool } from './port-pool.ts'
import { type ProgramEnd, RealProgram } from './real-program.ts'

export interface RelayOptions {
  readonly endpoint: string
  readonly stream: string
  readonly ports: PortPool
  /** Further options of `kinesyslog listen`. */
  readonly options?: readonly string[]
}

/** The program as users have it. */
export async function relayScript(): Promise<string> {
  return path.join(await bundledCommands(), 'kinesyslog.js')
}

/** `kinesyslog listen` as users have it, with a spool of its own, which uploads each second. */
export class RelayProcess {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'kinloader-relay-'))
  readonly #program: RealProgram

  private constructor(node: string, script: string, { endpoint, stream, ports, options = [] }: RelayOptions) {
    const spool = path.join(this.#folder, 'spool')
    mkdirSync(spool)
    const tls = ports.all('tls', 'proxiedTls')
    this.#program = new RealProgram(
      node,
      [
        ...[script, 'listen', '--stream', stream, '--address', '127.0.0.1', '--spool-dir', spool],
        ...['--region', 'us-east-1', '--endpoint-url', endpoint, '--owner', '123456789012'],
        ...['--buffer-seconds', '1', '--upload-seconds', '1'],
        ...repeated('--udp-port', ports.all('udp')),
        ...repeated('--tcp-port', ports.all('tcp', 'proxied')),
        ...repeated('--tls-port', tls.length === 0 ? [0] : tls),
        ...repeated('--proxy-protocol', ports.all('proxied', 'proxiedTls')),
        ...options,
      ],
      { env: commandEnvironment(this.#folder) },
    )
  }

  /** Resolves when all its ports are bound. */
  static async start(options: RelayOptions): Promise<RelayProcess> {
    const relay = new RelayProcess(testedNode, await relayScript(), options)
    const { ports } = options
    const streams = ports.all('tcp', 'tls', 'proxied', 'proxiedTls')
    try {
      await relay.#program.until('listening', () => {
        const [tcp, udp] = [boundPorts('tcp'), boundPorts('udp')]
        return streams.every((port) => tcp.has(port)) && ports.all('udp').every((port) => udp.has(port))
      })
    } catch (error) {
      await relay.stop()
      throw error
    }
    return relay
  }

  /** What it has said so far. */
  get stderr(): string {
    return this.#program.stderr
  }

  /** SIGTERM, and its end, when all it had is uploaded. */
  async stop(): Promise<ProgramEnd> {
    try {
      return await this.#program.stop()
    } finally {
      rmSync(this.#folder, { recursive: true, force: true })
    }
  }
}

function repeated(option: string, ports: readonly number[]): readonly string[] {
  return ports.flatMap((port) => [option, `${port}`])
}

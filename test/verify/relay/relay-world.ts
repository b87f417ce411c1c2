import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Authority } from './certificates.ts'
import { type DeliveredEvent, Delivery } from './delivery.ts'
import { kernelDrops } from './kernel-sockets.ts'
import { assertNumbered, type Numbered } from './numbered.ts'
import type { PortPool } from './port-pool.ts'
import { type PortKind } from './port-pool.ts'
import { RelayProcess } from './relay-process.ts'

type Parts = Pick<RelayWorld, 'folder' | 'authority' | 'delivery' | 'relay' | 'ports'>

/** A relay with a certificate for 127.0.0.1, and what comes of it in moto's S3. */
export class RelayWorld {
  readonly folder: string
  readonly authority: Authority
  readonly delivery: Delivery
  readonly relay: RelayProcess
  readonly ports: PortPool
  readonly #format: 'syslog' | 'gelf'
  /** What each port was sent in all. */
  readonly #sent = new Map<number, number>()

  private constructor(parts: Parts, format: 'syslog' | 'gelf') {
    this.folder = parts.folder
    this.authority = parts.authority
    this.delivery = parts.delivery
    this.relay = parts.relay
    this.ports = parts.ports
    this.#format = format
  }

  /** `stream` is the name of the delivery stream and of its bucket. */
  static async start(
    stream: string,
    ports: PortPool,
    optionsOf: (folder: string, authority: Authority) => Promise<readonly string[]> = () => Promise.resolve([]),
  ): Promise<RelayWorld> {
    const endpoint = firehoseEndpoint()
    const folder = mkdtempSync(path.join(tmpdir(), `kinloader-${stream}-`))
    const authority = await Authority.create(folder, 'authority')
    const { cert, key } = await authority.issue('relay', 'DNS:localhost,IP:127.0.0.1')
    const options = ['--cert', cert, '--key', key, ...(await optionsOf(folder, authority))]
    const delivery = await Delivery.create(endpoint, stream)
    const relay = await RelayProcess.start({ endpoint, stream, ports, options })
    return new RelayWorld({ folder, authority, delivery, relay, ports }, options.includes('--gelf') ? 'gelf' : 'syslog')
  }

  take(kind: PortKind): number {
    return this.ports.take(kind)
  }

  /** So many were sent to that port. */
  sent(port: number, count: number): void {
    this.#sent.set(port, (this.#sent.get(port) ?? 0) + count)
  }

  /** The events of a port, when there are as many as were sent. */
  async received(port: number, count: number): Promise<readonly DeliveredEvent[]> {
    this.sent(port, count)
    return this.delivery.wait(this.#format, port, count)
  }

  /** All came, in order, each once, from that address; resolves with them. */
  async assertReceived(port: number, numbered: Numbered, address = '127.0.0.1'): Promise<readonly string[]> {
    const events = await this.received(port, numbered.last + 1)
    const messages = events.map(({ message }) => message)
    assertNumbered(numbered, messages, () => this.hint(port))
    assert.deepEqual([...new Set(events.map(({ logStream }) => logStream))], [address])
    return messages
  }

  /** What may explain a loss. */
  hint(port: number): string {
    return `${kernelDrops(port)} dropped by the kernel; ${this.relay.stderr.slice(-1000)}`
  }

  /** SIGTERM: it ends well, and neither too little nor anything else has come. */
  async assertEnd(): Promise<void> {
    const { code, stderr } = await this.relay.stop()
    assert.equal(code, 0, stderr)
    await this.delivery.refresh()
    const expected = [...this.#sent].map(([port, count]) => [`/kinesyslog/${this.#format}/${port}`, count] as const)
    assert.deepEqual(this.delivery.counts, Object.fromEntries(expected))
  }

  async close(): Promise<void> {
    await this.relay.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A moto server, which takes any credentials: `KINLOADER_VERIFY_FIREHOSE_ENDPOINT=http://127.0.0.1:5000`. */
export function firehoseEndpoint(): string {
  const endpoint = process.env['KINLOADER_VERIFY_FIREHOSE_ENDPOINT']
  if (endpoint !== undefined) return endpoint
  throw new Error('Set KINLOADER_VERIFY_FIREHOSE_ENDPOINT to the endpoint to verify against.')
}

/** `line` of `n=000000` and so on. */
export function numberedLines(last: number, line: (n: string) => string): readonly string[] {
  return Array.from({ length: last + 1 }, (_, i) => line(`n=${String(i).padStart(6, '0')}`))
}

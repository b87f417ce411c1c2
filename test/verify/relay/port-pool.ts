import assert from 'node:assert/strict'
import { createServer } from 'node:net'

/** Ports of 127.0.0.1 which nobody has, all different, for programs which take no 0. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

export type PortKind = 'udp' | 'tcp' | 'tls' | 'proxied' | 'proxiedTls'

/** So many ports of each kind, of which each case takes its own: so its logGroup is the case's. */
export class PortPool {
  readonly #all = new Map<PortKind, readonly number[]>()
  readonly #left = new Map<PortKind, number[]>()

  static async of(counts: Readonly<Partial<Record<PortKind, number>>>): Promise<PortPool> {
    const pool = new PortPool()
    const kinds = Object.entries(counts) as readonly (readonly [PortKind, number])[]
    const free = [...(await freePorts(kinds.reduce((sum, [, count]) => sum + count, 0)))]
    for (const [kind, count] of kinds) {
      const ports = free.splice(0, count)
      pool.#all.set(kind, ports)
      pool.#left.set(kind, [...ports])
    }
    return pool
  }

  all(...kinds: readonly PortKind[]): readonly number[] {
    return kinds.flatMap((kind) => this.#all.get(kind) ?? [])
  }

  take(kind: PortKind): number {
    const port = this.#left.get(kind)?.shift()
    assert.ok(port !== undefined, `no ${kind} port is left`)
    return port
  }
}

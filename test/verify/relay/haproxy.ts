import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { boundPorts } from './kernel-sockets.ts'
import { RealProgram } from './real-program.ts'

export interface Frontend {
  /** Where clients come, `127.0.0.1` or `::1`. */
  readonly address: string
  readonly port: number
  /** The relay's. */
  readonly target: number
  /** How the client is announced to it, and whether HAProxy looks after its health: `send-proxy-v2 check-send-proxy`. */
  readonly server: string
}

/** Resolves when HAProxy listens. */
export async function startHaproxy(folder: string, frontends: readonly Frontend[]): Promise<RealProgram> {
  const file = path.join(folder, 'haproxy.cfg')
  const sections = frontends.map(({ address, port, target, server }) => {
    const bind = `  bind ${address.includes(':') ? `[${address}]` : address}:${port}`
    return [`listen ${port}`, bind, `  server relay 127.0.0.1:${target} ${server}`].join('\n')
  })
  const timeouts = ['connect 5s', 'client 20s', 'server 20s'].map((timeout) => `  timeout ${timeout}`)
  writeFileSync(file, ['global', '  maxconn 200', 'defaults', '  mode tcp', ...timeouts, ...sections, ''].join('\n'))
  const haproxy = new RealProgram('haproxy', ['-db', '-f', file])
  await haproxy.until('listening', () => frontends.every(({ port }) => boundPorts('tcp').has(port)))
  return haproxy
}

import type { MessageFormat } from '../../core/message-block.ts'
import type { Listener } from '../../sources/sockets/listener.ts'
import type { SettingReader } from './setting-reader.ts'

export interface ListenerArguments {
  readonly ports: (name: string) => readonly number[]
  readonly address: string
}

/** What the six arguments for ports ask for; what is wrong with the whole is a problem of the reader's. */
export function readListeners(reader: SettingReader, { ports, address }: ListenerArguments): readonly Listener[] {
  const proxied = new Set(ports('proxy_protocol_ports'))
  const listeners: Listener[] = []
  const askedBy = new Map<string, string>()
  for (const { name, transport, format } of portArguments) {
    for (const port of ports(name)) {
      // A number may be used twice, once for UDP and once for TCP.
      const network = transport === 'udp' ? 'UDP' : 'TCP'
      const before = askedBy.get(`${network} ${port}`)
      if (before !== undefined) {
        reader.problem(`the ${network} port ${port} stands in ${before} and in ${name}: leave it out of one`)
        continue
      }
      askedBy.set(`${network} ${port}`, name)
      listeners.push({ transport, format, address, port, proxy: transport !== 'udp' && proxied.has(port) })
    }
  }
  for (const port of proxied) {
    if (listeners.some((listener) => listener.proxy && listener.port === port)) continue
    reader.problem(`proxy_protocol_ports names ${port}, which is none of the TCP and TLS ports: name it there, too`)
  }
  if (portArguments.every(({ name }) => reader.text(name) === undefined)) {
    reader.problem('no port is given: set udp_ports, tcp_ports, tls_ports or those for GELF')
  }
  return listeners
}

const portArguments: readonly { name: string; transport: Listener['transport']; format: MessageFormat }[] = [
  { name: 'udp_ports', transport: 'udp', format: 'syslog' },
  { name: 'tcp_ports', transport: 'tcp', format: 'syslog' },
  { name: 'tls_ports', transport: 'tls', format: 'syslog' },
  { name: 'gelf_udp_ports', transport: 'udp', format: 'gelf' },
  { name: 'gelf_tcp_ports', transport: 'tcp', format: 'gelf' },
  { name: 'gelf_tls_ports', transport: 'tls', format: 'gelf' },
]

import type { MessageFormat } from '../../../core/message-block.ts'
import type { CommandValues } from '../../../host/command-line.ts'
import { portsOf } from './ports.ts'

/** A port to listen on. */
export interface ListenerSetting {
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly format: MessageFormat
  readonly address: string
  readonly port: number
  /** Whether its connections begin with a PROXY header. */
  readonly proxy: boolean
}

/** The listeners, and everything that is wrong or odd about them, a sentence each. Throws `USAGE`. */
export function readListeners(
  values: CommandValues,
  address: string,
): { readonly listeners: readonly ListenerSetting[]; readonly warnings: string[]; readonly errors: string[] } {
  const warnings: string[] = []
  const errors: string[] = []
  const common: MessageFormat = values.flags.has('gelf') ? 'gelf' : 'syslog'
  const proxied = new Set(portsOf(values, 'proxy-protocol'))
  const wanted = new Map<string, ListenerSetting>()
  const add = (transport: ListenerSetting['transport'], format: MessageFormat, ports: readonly number[]): void => {
    for (const port of ports) {
      const network = transport === 'udp' ? 'udp' : 'tcp'
      const before = wanted.get(`${network} ${port}`)
      if (before !== undefined) {
        errors.push(
          `The ${network.toUpperCase()} port ${port} is asked for twice, for ${labelOf(before)} and for ${transport.toUpperCase()} ${format}; choose another.`,
        )
        continue
      }
      wanted.set(`${network} ${port}`, {
        transport,
        format,
        address,
        port,
        proxy: transport !== 'udp' && proxied.has(port),
      })
    }
  }
  add('udp', common, portsOf(values, 'udp-port'))
  add('tcp', common, portsOf(values, 'tcp-port'))
  add('tls', common, tlsPorts(values, warnings, errors))
  add('udp', 'gelf', portsOf(values, 'gelf-udp-port'))
  add('tcp', 'gelf', portsOf(values, 'gelf-tcp-port'))
  add('tls', 'gelf', portsOf(values, 'gelf-tls-port'))
  for (const port of portsOf(values, 'prometheus-port')) {
    const before = wanted.get(`tcp ${port}`)
    if (before === undefined) continue
    errors.push(
      `The TCP port ${port} is asked for twice, for ${labelOf(before)} and for --prometheus-port; choose another.`,
    )
  }
  const listeners = [...wanted.values()]
  for (const port of proxied) {
    if (!listeners.some((one) => one.proxy && one.port === port)) {
      errors.push(
        `--proxy-protocol ${port} is no TCP or TLS port of this process; give --tcp-port ${port} or --tls-port ${port} as well.`,
      )
    }
  }
  if (listeners.length === 0 && errors.length === 0) {
    errors.push('There is nothing to listen on: give --udp-port or --tcp-port, or --cert and --key for TLS.')
  }
  return { listeners, warnings, errors }
}

/** TLS which nobody asked for is left out when there is no certificate; TLS which somebody asked for is an error then. */
function tlsPorts(values: CommandValues, warnings: string[], errors: string[]): readonly number[] {
  const { flags, given } = values
  const isOlder = given.has('port')
  if (isOlder) warnings.push('--port is an older name; use --tls-port.')
  const isAsked = isOlder || given.has('tls-port')
  const ports = portsOf(values, isOlder && !given.has('tls-port') ? 'port' : 'tls-port')
  const gelfPorts = portsOf(values, 'gelf-tls-port')
  if (flags.has('cert') && flags.has('key')) return ports
  if ((isAsked && ports.length > 0) || gelfPorts.length > 0 || flags.has('cert') || flags.has('key')) {
    const missing = flags.has('cert') ? '--key' : flags.has('key') ? '--cert' : '--cert and --key'
    errors.push(`TLS needs a certificate and its key: give ${missing}, or --tls-port 0 for none.`)
    return []
  }
  if (ports.length > 0)
    warnings.push(`There is no TLS on port ${ports.join(', ')}, because --cert and --key are not given.`)
  return []
}

function labelOf({ transport, format }: ListenerSetting): string {
  return `${transport.toUpperCase()} ${format}`
}

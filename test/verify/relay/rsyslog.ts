import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { boundPorts } from './kernel-sockets.ts'
import { RealProgram } from './real-program.ts'

export interface Forward {
  /** Where rsyslog takes what it forwards, TCP, a line each. */
  readonly port: number
  readonly target: number
  /** Of its action: `template="RSYSLOG_ForwardFormat" TCP_Framing="octet-counted"`. */
  readonly action: string
}

/** What it shows over TLS, and whom it trusts; all PEM. */
export interface RsyslogTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Resolves when rsyslog listens. */
export async function startRsyslog(
  folder: string,
  forwards: readonly Forward[],
  tls?: RsyslogTls,
): Promise<RealProgram> {
  const file = path.join(folder, 'rsyslog.conf')
  const parts = forwards.flatMap(({ port, target, action }) => [
    `ruleset(name="to-${target}") { action(type="omfwd" target="127.0.0.1" port="${target}" ${action}) }`,
    `input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="to-${target}")`,
  ])
  const files =
    tls === undefined
      ? ''
      : `defaultNetstreamDriverCAFile="${tls.ca}" defaultNetstreamDriverCertFile="${tls.cert}" defaultNetstreamDriverKeyFile="${tls.key}"`
  const head = [`global(workDirectory="${folder}" maxMessageSize="64k" ${files})`, 'module(load="imtcp")']
  writeFileSync(file, [...head, ...parts, ''].join('\n'))
  const rsyslog = new RealProgram('rsyslogd', ['-n', '-f', file, '-i', path.join(folder, 'rsyslogd.pid')])
  await rsyslog.until('listening', () => forwards.every(({ port }) => boundPorts('tcp').has(port)))
  return rsyslog
}

import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Row } from '../row.ts'
import type { BenchFolder } from './bench-folder.ts'
import { type Daemon, measureDaemon } from './daemon-run.ts'
import { corpusMessages } from './messages.ts'

/** Both parse each message, as they are used, and keep it as it came; neither asks a DNS server. */
const daemons: readonly Daemon[] = [
  {
    name: 'rsyslogd',
    args: (configuration, folder) => ['-n', '-x', '-f', configuration, '-i', path.join(folder, 'rsyslogd.pid')],
    configuration: (port, output) =>
      `module(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="${port}")\n` +
      `template(name="raw" type="string" string="%rawmsg%\\n")\n*.* action(type="omfile" file="${output}" template="raw")\n`,
  },
  {
    name: 'syslog-ng',
    args: (configuration, folder) => [
      ...['-F', '-f', configuration, '-R', path.join(folder, 'syslog-ng.persist')],
      ...['-p', path.join(folder, 'syslog-ng.pid'), '-c', path.join(folder, 'syslog-ng.ctl')],
    ],
    configuration: (port, output) =>
      `@version: current\noptions { use-dns(no); };\n` +
      `source s { network(ip("127.0.0.1") port(${port}) transport("tcp") flags(syslog-protocol, store-raw-message) log-iw-size(10000)); };\n` +
      `destination d { file("${output}" template("$RAWMSG\\n")); };\nlog { source(s); destination(d); flags(flow-control); };\n`,
  },
]

/** The same load over one TCP connection into a file, without compression. */
export async function otherDaemons(folder: BenchFolder, times: number): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const daemon of daemons) rows.push(await daemonRow(daemon, folder, times))
  return rows
}

async function daemonRow(daemon: Daemon, folder: BenchFolder, times: number): Promise<Row> {
  const row = { name: `${daemon.name}, TCP to a file`, asked: '', holds: true }
  const program = programOf(daemon.name)
  if (program === undefined) return { ...row, figure: '-', details: 'not installed: "make verify" brings it' }
  const messages = corpusMessages * times
  try {
    const { cpuSeconds, wallSeconds, peakRssMiB, isWhole, kept } = await measureDaemon(daemon, program, folder, times)
    return {
      ...row,
      figure: `${((cpuSeconds / messages) * 1e6).toFixed(2)} s`,
      holds: isWhole,
      details: [
        isWhole ? 'same messages' : `DIFFERENT MESSAGES (${kept})`,
        'CPU s per million',
        `${Math.round(messages / wallSeconds).toLocaleString('en')} messages/s`,
        `peak ${peakRssMiB.toFixed(0)} MiB`,
      ].join('; '),
    }
  } catch (error) {
    return { ...row, figure: '-', details: `cannot be measured: ${String(error)}` }
  }
}

/** The unpacked one first: AppArmor may keep an installed one from the bench's folder. */
function programOf(name: string): string | undefined {
  const unpacked = fileURLToPath(new URL('../../../.verify/debian/bin', import.meta.url))
  const folders = [unpacked, ...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))
}

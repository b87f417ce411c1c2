import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../../src/host/system-clock.ts'
import type { Row } from '../row.ts'
import { type BenchFolder, freePort, send } from './bench-folder.ts'
import { corpusMessages } from './messages.ts'

interface Daemon {
  readonly name: string
  readonly args: (configuration: string, folder: string) => readonly string[]
  readonly configuration: (port: number, output: string) => string
}

const daemons: readonly Daemon[] = [
  {
    name: 'rsyslogd',
    args: (configuration, folder) => ['-n', '-f', configuration, '-i', path.join(folder, 'rsyslogd.pid')],
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
      `@version: current\nsource s { network(ip("127.0.0.1") port(${port}) transport("tcp") flags(syslog-protocol) log-iw-size(10000)); };\n` +
      `destination d { file("${output}"); };\nlog { source(s); destination(d); flags(flow-control); };\n`,
  },
]

/** The same load over one TCP connection into a file, without compression. */
export async function otherDaemons(folder: BenchFolder, times: number): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const daemon of daemons) {
    const row = { name: `${daemon.name}, TCP to a file`, asked: '', holds: true }
    const program = programOf(daemon.name)
    if (program === undefined) rows.push({ ...row, figure: '-', details: 'not installed' })
    else rows.push({ ...row, ...(await measured(daemon, program, folder, times)) })
  }
  return rows
}

function programOf(name: string): string | undefined {
  const ours = fileURLToPath(new URL('../../../.verify/debian/bin', import.meta.url))
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', ours]
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file))
}

async function measured(
  daemon: Daemon,
  program: string,
  folder: BenchFolder,
  times: number,
): Promise<{ figure: string; details: string }> {
  const port = await freePort()
  const output = path.join(folder.path, `${daemon.name}.out`)
  const configuration = path.join(folder.path, `${daemon.name}.conf`)
  writeFileSync(configuration, daemon.configuration(port, output))
  const child = spawn(program, daemon.args(configuration, folder.path), { stdio: 'ignore' })
  try {
    await listening(port)
    const startedMs = performance.now()
    await send(folder, port, ['tcp', 1, times])
    const messages = corpusMessages * times
    const stillMs = await untilStill(output)
    const perSecond = messages / ((performance.now() - stillMs - startedMs) / 1000)
    const cpuSeconds = ticksOf(child.pid ?? 0) / 100
    const lines = countOf(output)
    return {
      figure: `${((cpuSeconds / messages) * 1e6).toFixed(2)} s`,
      details: `CPU s per million; ${Math.round(perSecond).toLocaleString('en')} messages/s; ${lines} of ${messages} are in the file`,
    }
  } catch (error) {
    return { figure: '-', details: `cannot be measured: ${String(error)}` }
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      systemClock.sleep(1000).then(() => false),
    ])
    socket.destroy()
    if (isThere) return
    await systemClock.sleep(100)
  }
  throw new Error('it does not listen')
}

/** Resolves when the file has not grown for a while, in milliseconds, which it tells. */
async function untilStill(file: string): Promise<number> {
  for (let size = -1; ; ) {
    await systemClock.sleep(stillMs)
    const now = existsSync(file) ? statSync(file).size : 0
    if (now === size) return stillMs
    size = now
  }
}

/** User and system time of a process, in hundredths of a second (proc(5), fields 14 and 15). */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function countOf(file: string): number {
  const bytes = readFileSync(file)
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count += 1
  return count
}

const stillMs = 500
